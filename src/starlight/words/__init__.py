"""Words for people: sentences, made once, from the codes and facts that the other rooms yield.

The engine, the router, the forecast and the mailbox know no language: they yield structs with a code and
facts (node numbers, moments, durations, sizes). Each module here has the words for one subject: a catalogue
of templates keyed by code, and the functions that fill them. What comes out is a `Sentence`, whose moments
stay values until a reader's clock writes them: on the page that of the chosen person, in JSON and on a
terminal UTC. So another language is another catalogue beside the English one, in the same module, and
nothing that is stored, compared or acted on is ever a sentence.
"""
