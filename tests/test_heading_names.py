import pytest

from index.layout.headings import number_of, plain_name


@pytest.mark.parametrize(
    ("text", "number", "depth"),
    [
        ("3.1 Attention", ("3", "1"), 2),
        ("2. Related work", ("2",), 1),
        ("IV. RESULTS", ("roman", "IV"), 1),
        ("A.2 Training", ("A", "2"), 2),
        ("B Details", ("B",), 1),
        ("Appendix C. Proofs", ("appendix", "Appendix C"), 1),
        ("一、引言", ("zh", "一"), 1),
        ("（二）方法", ("zh-sub",), 2),
        ("第3章 实验", ("zh", "3"), 1),
        ("3.3模型设定", ("3", "3"), 2),
        ("10k training steps", (), 0),
        ("Abstract", (), 0),
        ("95 percent of them", (), 0),
    ],
)
def test_the_number_of_a_heading(text, number, depth):
    assert number_of(text) == (number, depth)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("5. Related Work", "related work"),
        ("VI. CONCLUSION", "conclusion"),
        ("A B S T R A C T", "abstract"),
        ("【摘要】", "摘要"),
        ("Abstract", "abstract"),
        ("参考文献：", "参考文献"),
    ],
)
def test_the_name_of_a_heading(text, name):
    assert plain_name(text) == name
