"""A question to an answer whose every sentence was checked.

answer         the entry: Asker
gather         passages for a question of each kind
evidence       numbered sentences and passages
best_sentence  which sentence answers a question best
cross_encoder  how well a sentence answers, by a small model of our own
pick           small models: one call over numbered sentences
write          capable models: an answer over whole passages
caveats        what an answer leaves open
relevance      whether words are about a question
records        Answer, AnswerSentence
events         what is yielded meanwhile
"""
