"""Passages to verified sentences: the model reads them one at a time, and code checks each of its drafts at once."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from assistant.answering.calibration import calibration_of
from assistant.answering.draft import Draft, draft_statement, overhead_tokens
from assistant.answering.events import Working
from assistant.answering.question_parts import asks_for_several, parts_left_open
from assistant.answering.records import AnswerSentence, Checked
from assistant.llm.chat_model import ChatModel, PromptTooLong, SchemaFailure, Usage
from assistant.llm.prompts import Language
from assistant.llm.server import Cancelling
from assistant.verify.evidence import Evidence, behind, fitting_evidence
from assistant.verify.terms import is_chinese
from index.model.paper import Passage

ENOUGH = 2  # of `Checked.weight`: one verified sentence, or two quotes; no further passage is read then
MOST_READ = 4  # passages that are read before a refusal
MOST_MORE = 2  # drafts of an answer from what is left of a passage, where the question asks for several things
UNVERIFIED = "the model wrote nothing that could be verified"  # why the paper's words stand there

Wording = Callable[[bool], str | None]  # `Question.wording`: of a question in Chinese, or in another language


@dataclass
class Reader:
    """Reads passages for one answer; `seconds` of its drafts, and `usage` of the call nearest to the window."""

    model: ChatModel
    cancelled: Cancelling = None
    seconds: float = 0.0
    usage: Usage | None = None
    more: int = MOST_MORE

    def read(
        self, passages: Sequence[Passage], wording: Wording, checked: Checked, *, whole: bool = False
    ) -> Generator[Working | AnswerSentence, None, list[Passage]]:
        """Passages until there is enough, all of a `whole` paper; gives those that seem to answer.

        Where the question asks for several things, a passage is read on behind the words that a sentence cites.
        Raises PromptTooLong where the question leaves no room for any passage.
        """
        seeming: list[Passage] = []
        before = checked.weight
        question = wording(False) or wording(True) or ""
        several = not whole and asks_for_several(question)
        evidence = self.readable(passages, wording)[: None if whole else MOST_READ]
        for row, passage in enumerate(evidence, start=1):
            yield Working("reading", row, len(evidence))
            left: Passage | None = passage
            while left is not None:
                known = len(checked.sentences)
                if (yield from self.read_passage(left, wording, checked, whole=whole)) and left is passage:
                    seeming.append(passage)
                verified = [sentence for sentence in checked.sentences[known:] if not sentence.reason]
                spans = [cited.span for sentence in verified for cited in sentence.citations]
                left = behind(left, spans) if several and self.more else None
                self.more -= left is not None
            enough = checked.weight - before >= ENOUGH
            if not whole and enough and not parts_left_open(wording(False) or "", checked.sentences):
                break
        return seeming

    def read_passage(
        self, passage: Passage, wording: Wording, checked: Checked, *, whole: bool = False
    ) -> Generator[AnswerSentence, None, bool]:
        """What one passage answers, as it is verified; gives whether it seems to answer at all."""
        limits = calibration_of(self.model.settings.model)
        chinese = is_chinese(passage.text)
        question = wording(chinese) or wording(not chinese) or ""
        draft = self._draft(question, passage, "zh" if chinese else "en")
        if draft is None:
            checked.invented += 1
            return False
        doubt = draft.doubt_or(1.0 if not draft.statement.answered else 0.0)
        if draft.statement.answered and (doubt <= limits.believed or whole):
            # Words can be compared in one language only; of a whole paper any statement about it answers.
            compared = "" if whole else (wording(chinese) or "")
            yield from checked.check(draft.statement, Evidence((passage,)), compared)
        return doubt <= limits.quoted or (draft.statement.answered and doubt <= limits.believed)

    def readable(self, passages: Sequence[Passage], wording: Wording) -> tuple[Passage, ...]:
        """The passages that fit the window with the question. Raises PromptTooLong where none does."""
        model = self.model
        longest = max((wording(False) or "", wording(True) or ""), key=model.count)
        room = model.settings.num_ctx - max(overhead_tokens(model, longest, each) for each in ("en", "zh"))
        readable = fitting_evidence(passages, room, model.count).passages
        if not readable:
            raise PromptTooLong(
                f"The question leaves no room for a passage in the {model.settings.num_ctx} tokens that the model "
                "reads. Ask more shortly, or raise num_ctx in papers.toml."
            )
        return readable

    def _draft(self, question: str, passage: Passage, written: Language) -> Draft | None:
        """The model's draft, or None where it cannot be read even at the second try."""
        started = time.perf_counter()
        try:
            draft = draft_statement(self.model, question, passage, written, self.cancelled)
        except (SchemaFailure, PromptTooLong):
            return None
        finally:
            self.seconds += time.perf_counter() - started
        if self.usage is None or draft.usage.prompt_tokens > self.usage.prompt_tokens:
            self.usage = draft.usage
        return draft
