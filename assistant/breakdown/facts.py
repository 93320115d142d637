"""Facts that code takes from a paper without a language model, each with the sentence or table row that states it.

Every function gives the best first and each name once, and takes nothing from the list of references. A caller that
wants several kinds makes one `FactPlaces(paper)` and passes it on, so that the sentences are found once.
"""

from assistant.breakdown.fact_sentences import Fact, FactPlaces
from assistant.breakdown.named_things import datasets, metrics
from assistant.breakdown.training_facts import hardware, hyperparameters
from index.model.paper import Paper
from index.structure.links import link_sentence, own_code_links

__all__ = ["Fact", "FactPlaces", "code_links", "datasets", "hardware", "hyperparameters", "metrics"]


def code_links(paper: Paper) -> tuple[Fact, ...]:
    """The paper's own code, models and project page, the likeliest first.

    `name` is the whole address; `value` is what the page prints of it, which may be broken over two lines or be a word
    such as "here" under which the link lies. `span` is the sentence that the link stands in, or the one its footnote
    belongs to where the footnote is nothing but the address; then `value` is empty.
    """
    facts = []
    for link in own_code_links(paper):
        sentence = link_sentence(paper, link)
        value = paper.quote(link.span) if sentence.contains(link.span) else ""
        facts.append(Fact(link.url, sentence, value))
    return tuple(facts)
