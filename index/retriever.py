"""Our search as a LlamaIndex retriever, for people who build their own engines on it."""

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.model.paper import Passage
from index.model.records import Filters
from index.search.searcher import Searcher


class PaperRetriever(BaseRetriever):
    """Nodes are passages: their metadata holds paper, title, headings, zone, pages and the span in the paper's text."""

    def __init__(self, searcher: Searcher, limit: int = 8, filters: Filters | None = None) -> None:
        super().__init__()
        self._searcher, self._limit, self._filters = searcher, limit, filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._searcher.search(query_bundle.query_str, self._limit, self._filters)
        return [NodeWithScore(node=_node(passage), score=passage.score) for passage in found.passages]


def _node(passage: Passage) -> TextNode:
    first, last = passage.pages
    return TextNode(
        id_=f"{passage.paper.id}:{passage.span.start}-{passage.span.end}",
        text=passage.text,
        start_char_idx=passage.span.start,
        end_char_idx=passage.span.end,
        metadata={
            "paper": passage.paper.id,
            "title": passage.paper.title,
            "headings": list(passage.heading),
            "zone": passage.zone.value,
            "first_page": first,
            "last_page": last,
        },
    )
