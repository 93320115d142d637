import pytest
from fake_ollama import MODEL, Reply, fake_ollama  # noqa: F401

from assistant.chat.conversation import Turn
from assistant.llm.chat_model import ChatModel, ModelFailed, ModelSettings
from assistant.question.follow_up import points_back, standalone_question, with_topic


def turn(question: str, answer: str) -> Turn:
    return Turn(0, question, question, f'{{"answer": "{answer}"}}', "2026-01-01")


TALK = [turn("Which optimizer does BERT use for pre-training?", "BERT uses Adam with a learning rate of 1e-4.")]
CHINESE_TALK = [turn("BERT 预训练使用什么优化器?", "BERT 使用 Adam,学习率为 1e-4。")]


@pytest.fixture
def ollama(fake_ollama):  # noqa: F811
    return fake_ollama


@pytest.fixture
def model(ollama):
    return ChatModel(ModelSettings(ollama.host, MODEL))


@pytest.mark.parametrize(
    "question",
    [
        "How many steps does it train for?",
        "Why?",
        "And the batch size?",
        "What about fine-tuning?",
        "Does the paper compare them with GPT?",
        "Which dataset?",
        "What are the limitations of this approach?",
        "How does that work?",
        "How does that compare to DPR on QASPER?",
        "What are the limitations?",
        "Compared to GPT-2?",
        "和 GPT-3 相比怎么样?",
        "它训练了多少步?",
        "为什么?",
        "那批大小呢?",
        "作者还做了哪些消融实验?",
        "该方法有什么局限?",
    ],
)
def test_follow_ups_point_back(question):
    assert points_back(question)


@pytest.mark.parametrize(
    "question",
    [
        "How is the attention score scaled in the Transformer?",
        "Which datasets are used to train LLaMA?",
        "What is BLEU?",
        "Does RAPTOR cluster text chunks recursively?",
        "自注意力的计算复杂度是多少?",
        "LLaMA 使用了哪些训练数据?",
        "RAPTOR 如何聚类文本块?",
    ],
)
def test_whole_questions_do_not(question, ollama, model):
    assert not points_back(question)
    assert standalone_question(model, TALK, question, "en") == question
    assert not ollama.paths


def test_the_first_question_is_left_as_it_is(ollama, model):
    assert standalone_question(model, [], "Why does it work?", "en") == "Why does it work?"
    assert not ollama.paths


@pytest.mark.parametrize(
    ("talk", "language", "question", "rewrite"),
    [
        (TALK, "en", "How many steps does it train for?", "How many steps does BERT train for?"),
        (TALK, "en", "Why 1e-4?", "Why does BERT use a learning rate of 1e-4?"),
        (TALK, "en", "What about the larger one?", "Which optimizer does the larger BERT use?"),
        (CHINESE_TALK, "zh", "它训练了多少步?", "BERT 预训练了多少步?"),
        # As the 1.5B model wrote them.
        (CHINESE_TALK, "zh", "那学习率呢?", "BERT 的学习率是多少？"),
        (CHINESE_TALK, "zh", "为什么?", "BERT 预训练使用什么优化器?为什么?"),
    ],
)
def test_a_faithful_rewrite_is_taken(ollama, model, talk, language, question, rewrite):
    ollama.script({"question": rewrite})
    assert standalone_question(model, talk, question, language) == rewrite
    read = ollama.requests[0]["messages"][-1]["content"]
    assert talk[0].question in read
    assert talk[0].answer in read


@pytest.mark.parametrize(
    "rewrite",
    [
        "How many steps does GPT-4 train for after 512?",  # a name from nowhere; the number stays
        "How many steps does BERT train for?",  # lost the number
        "How many steps does BERT train for after 512 and 90,000?",  # a number from nowhere
        "Which optimizer does BERT use for pre-training?",  # the question before
        "BERT uses Adam after 512 steps.",  # an answer
        "How many steps did it train after 512?",  # nothing put in
        "BERT 在 512 之后训练了多少步?",  # another language
        "How many steps does BERT train for after 512, " + "given the optimizer Adam, " * 9 + "?",
        "",
    ],
)
def test_an_unfaithful_rewrite_is_not(ollama, model, rewrite):
    ollama.script({"question": rewrite}, {"question": rewrite})
    question = "How many steps does it train for after 512?"
    assert standalone_question(model, TALK, question, "en") == f"{question} (optimizer BERT use pre-training)"


def test_without_a_model_the_topic_is_added():
    assert standalone_question(None, TALK, "Why?", "en") == "Why? (optimizer BERT use pre-training)"
    chinese = standalone_question(None, CHINESE_TALK, "为什么?", "zh")
    assert chinese.startswith("为什么? (BERT")
    assert "优化器" in chinese
    assert with_topic("Why?", "Why is it so?") == "Why?"


def test_a_failure_of_the_server_is_not_hidden(ollama, model):
    ollama.script(Reply(status=500, error="out of memory"))
    with pytest.raises(ModelFailed):
        standalone_question(model, TALK, "Why?", "en")
