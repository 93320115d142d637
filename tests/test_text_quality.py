import pytest

from index.reading.read_pdf import is_garbled

PROSE = {
    "English": "The results of this experiment show that a larger model is better than a small one in most of the",
    "German": "Die Ergebnisse dieser Versuche zeigen dass ein größeres Modell in den meisten Fällen besser ist als",
    "French": "Les résultats de cette expérience montrent que le modèle est plus grand dans la plupart des cas que",
    "Spanish": "Los resultados de este experimento muestran que el modelo más grande es mejor en la mayoría de los",
    "Polish": "Wyniki tego badania pokazują że większy model jest lepszy w większości przypadków i nie zależy od",
    "Finnish": "Tämän kokeen tulokset osoittavat että suurempi malli on parempi kuin pieni ja se ei ole",
    "Turkish": "Bu deneyin sonuçları daha büyük bir modelin çoğu durumda daha iyi olduğunu ve bu farkın önemli",
    "Dutch": "De resultaten van het experiment laten zien dat een groter model in de meeste gevallen beter is dan",
}


@pytest.mark.parametrize("language", PROSE)
def test_language_is_not_garbled_but_its_letters_shifted_are(language):
    words = (PROSE[language] + " ").split() * 15
    assert not is_garbled(words)
    if language == "English":
        shifted = ["".join(chr((ord(c) - 97 + 25) % 26 + 97) if c.islower() else c for c in word) for word in words]
        assert is_garbled(shifted)


def test_too_few_words_are_not_judged():
    assert not is_garbled(["Zm", "Nodm", "Bnqotr"] * 30)


def test_formulas_between_prose_are_not_garbled():
    formula = ["x", "dx", "sin", "exp", "ij", "kl", "softmax", "argmax", "QK", "dim"]
    assert not is_garbled(([*formula, *formula, *PROSE["English"].split()]) * 10)
