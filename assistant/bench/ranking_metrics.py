"""Ranking metrics per question, computed by ir-measures (MacAvaney, Macdonald and Ounis 2022), not by us."""

from collections.abc import Iterable, Mapping, Sequence

from assistant.bench.bench_errors import needs_extra

Rankings = Mapping[str, Sequence[str]]  # by question: what was found, best first, each once
Relevant = Mapping[str, Iterable[str]]  # by question: what is right


def rank_metrics(names: Sequence[str], rankings: Rankings, relevant: Relevant) -> dict[str, dict[str, float]]:
    """For each question the metrics that ir-measures knows by `names` ("nDCG@10", "RR", "Success@1"); 0 for no result.

    Raises BenchExtraMissing where the library is not installed.
    """
    with needs_extra():
        import ir_measures  # type: ignore[import-not-found,import-untyped,unused-ignore]

    measures = [ir_measures.parse_measure(name) for name in names]
    judged = [ir_measures.Qrel(question, item, 1) for question in rankings for item in relevant[question]]
    run = [
        ir_measures.ScoredDoc(question, item, 1 / rank)
        for question, items in rankings.items()
        for rank, item in enumerate(items, start=1)
    ]
    values = {question: dict.fromkeys(names, 0.0) for question in rankings}
    for each in ir_measures.iter_calc(measures, judged, run):
        values[each.query_id][str(each.measure)] = float(each.value)
    return values


def unique(items: Iterable[str]) -> list[str]:
    """Each item at its first place."""
    return list(dict.fromkeys(items))
