import re

import pytest

from index.reading.text_quality import is_garbled

PROSE = {
    "English": "The results of this experiment show that a larger model is better than a small one in most of the",
    "German": "Die Ergebnisse dieser Versuche zeigen dass ein größeres Modell in den meisten Fällen besser ist als",
    "French": "Les résultats de cette expérience montrent que le modèle est plus grand dans la plupart des cas que",
    "Spanish": "Los resultados de este experimento muestran que el modelo más grande es mejor en la mayoría de los",
    "Polish": "Wyniki tego badania pokazują że większy model jest lepszy w większości przypadków i nie zależy od",
    "Finnish": "Tämän kokeen tulokset osoittavat että suurempi malli on parempi kuin pieni ja se ei ole",
    "Turkish": "Bu deneyin sonuçları daha büyük bir modelin çoğu durumda daha iyi olduğunu ve bu farkın önemli",
    "Indonesian": "Hasil penelitian ini menunjukkan bahwa model yang lebih besar selalu lebih baik daripada yang",
    "Malay": "Keputusan kajian menunjukkan bahawa model yang lebih besar biasanya lebih baik dalam kebanyakan kes",
    "Vietnamese": "Kết quả nghiên cứu cho thấy những thông tin được trình bày trong phương pháp khuyến nghị người",
    "Romanian": "Rezultatele acestui experiment arată că modelul mai mare este mai bun decât cel mic în majoritatea",
    "Lithuanian": "Šio tyrimo rezultatai rodo, kad didesnis modelis daugeliu atvejų yra geresnis už mažesnį modelį",
    "Latvian": "Pētījuma rezultāti liecina, ka lielāks modelis vairumā gadījumu darbojas labāk nekā mazāks modelis",
    "Estonian": "Katse tulemused näitavad, et suurem mudel töötab enamasti paremini kui väiksem öötöö mudel",
    "Basque": "Esperimentuaren emaitzek erakusten dute eredu handiagoa txikia baino hobea dela kasu gehienetan",
    "Uzbek": "Tajriba natijalari shuni korsatadiki, kattaroq model aksariyat hollarda kichik modeldan yaxshiroq",
    "Welsh": "Mae canlyniadau'r arbrawf hwn yn dangos bod y model mwy yn well na'r un bach yn y rhan fwyaf",
    "Czech": "Výsledky tohoto experimentu ukazují, že větší model je ve většině případů lepší než menší model",
    "Swahili": "Matokeo ya jaribio hili yanaonyesha kwamba modeli kubwa ni bora kuliko ndogo katika hali nyingi",
    "Lorem ipsum": "Lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor incididunt labore magna",
    "Dutch": "De resultaten van het experiment laten zien dat een groter model in de meeste gevallen beter is dan",
}


@pytest.mark.parametrize("language", PROSE)
def test_language_is_not_garbled(language):
    assert not is_garbled(words_of(PROSE[language]))


# Vietnamese words are so short that a shift hides in them.
@pytest.mark.parametrize("language", sorted(set(PROSE) - {"Vietnamese"}))
@pytest.mark.parametrize("places", [1, 3, 13, 25])
def test_shifted_letters_are_garbled(language, places):
    shifted = {code: (code - 97 + places) % 26 + 97 for code in range(97, 123)}
    shifted |= {code: (code - 65 + places) % 26 + 65 for code in range(65, 91)}
    assert is_garbled(words_of(PROSE[language].translate(shifted)))


def words_of(sentence):
    return re.findall(r"[^\W\d_]+", sentence) * 15


def test_too_few_words_are_not_judged():
    assert not is_garbled(["Zm", "Nodm", "Bnqotr"] * 30)


def test_formulas_between_prose_are_not_garbled():
    formula = ["x", "dx", "sin", "exp", "ij", "kl", "softmax", "argmax", "QK", "dim"]
    assert not is_garbled(([*formula, *formula, *PROSE["English"].split()]) * 10)
