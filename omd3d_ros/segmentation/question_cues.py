"""Turns of English that tell what kind of question a command is."""

from __future__ import annotations

import re

from omd3d_ros.segmentation.command import words_said

_ARTICLE = r'(a|an|any|some|one|something|anything)'
_IN_PASSING = (r'(hey|hello|hi|oh|so|now|well|okay|ok|please|listen|robot|alright|excuse me|'
               r'wait|and|but|sorry|tell me|just|actually|by any chance)')
_START = rf'^({_IN_PASSING} )*'
_NT = r"(n[' ]?t)?"
_BE = rf'(is|are|was|were|has|have|had|will|would|ai){_NT}'
_MAY = rf'(can|could|may|might|must|shall|should|will|would|do|does|did){_NT}'
_PLACE = r'(on|in|at|by|near|next|under|behind|beside|for|to|and|so|but|please|anymore|yet)'
_KNOWN = r'(tell|know|say|check|see|look|ask|sure|verify|confirm|find out|idea|wonder(ing)?)'
# a wish that is put as a question: "is it possible to bring ...", "is there a mug you could get"
_DEED = (r'(bring|fetch|get|give|hand|pass|take|carry|go|come|put|pick|grab|find|move|clean|help|'
         r'show|lead|guide|turn|open|close|make|collect|deliver|follow|drive|point)')
_TO = r'to (?!(tell|say|let|see|know|check|spot)\b)'
_WISH = (rf'\byou ((can|could|would|will|might|please|kindly|just) )*{_DEED}\b|\bmind \w+ing\b|'
         rf'\b(possible|you (able|willing|ready|free|going)|kind (enough|as)|time) {_TO}|'
         r'\bis(n.?t)? it (ok|okay|alright|all right|fine|possible (?!that)|too much|time)\b|'
         r'\b(chance|way|possibility) (of|to|that|you|i|we|for)\b|\b(bring|fetch) (me|us|it)\b|'
         r'\b(minute|moment|second) (to|for)\b|\b(who|(any|some)(one|body)) (can|could|would)\b')
# a sentence that begins with one of these wants a yes or a no
_ASKED = rf'{_START}((is|are|was|were|does|has){_NT}|(have|had){_NT} (we|you|they)) \w'
_THERE = (rf'(?<!that )(?<!which )(?<!what )\b{_BE} there (?!{_PLACE}\b)\w|{_START}{_BE} there\b|'
          rf'\b{_MAY} there (\w+ ){{0,4}}(be|exist|happen|seem|appear|remain)\b|\bthere any\b|'
          rf'\bthere\b.*\b{_BE} there$|'
          r'\b(confirm|verify|true|correct|possible|you (think|say|believe))( that)? there\b')
_HAVING = (rf'\b(do|did|would|might){_NT} (you|we|they) ((still|also|perhaps|maybe|happen to|'
           r'by any chance) )*(see|have(?! (to|a (look|go|seat))\b)|own|keep|know of|notice)\b|'
           rf'\b(can|could){_NT} (you|we) (still |also )?(see|spot)(?! to\b)|'
           rf'{_START}do (any|(the|these|those|our) \w+ (have|contain|hold))\b|'
           rf"\b(you|we|they)( have|'ve)? .*\b(do|have)n[' ]?t (you|we|they)$|"
           rf"\b(has|contains|holds) .*\b(does|has)n[' ]?t it$")
_IF = (rf'\b(whether|{_KNOWN}( \w+){{0,2}} if) '
       r'(?!i\b|you (need|want|are|would|(can|could) (?!see)))')
_ANY = (rf'{_START}((you|we) )?((got|have|see|seen) )?any(thing|one|body)? (?!of|chance|way|time)'
        r'(?!.*\b(will|would|is|are|does|do|works?|fine|please|you)\b)\w')
_COUNT = (r'(?<!matter )(?<!care )\bhow( \w+)? many (?!times|minutes|hours|seconds)|'
          r'\bhow( \w+)? many$|\bhow much \w+ (is|are|do|have|can)\b|\bwhat quantity\b|'
          r'(?<!\ba )(?<!any )(?<!large )(?<!great )\bnumber of\b|\bcount(ing)?\b(?! (on|me)\b)|'
          rf'{_START}(is|are|do|does|have) .*\bone \w+ or (two|more|several|many)\b')
# the first that is found counts
_CUES = (
    ('count', _COUNT),
    ('where', r'\bwhere\b|\bin which place\b'),
    ('exists', rf'^(?!(what|which|who|whose|why|when|how) (?!about))(?!.*({_WISH})).*?('
               rf'{_THERE}|{_HAVING}|{_IF}|{_ASKED}|{_ANY}|\byes or no\b|\bexists?\b|'
               rf'\b(presence|existence) of\b|\bis {_ARTICLE}\b.*\b(in|inside|around|here)\b)'),
    ('describe', r'\bdescribe\b|\b(tell me|say|know)( \w+)? about\b|'
                 r'\bwhat does .* look like\b'),
    ('what', r"\bwhat('s| is| are| stands| lies)\b"))
_FOUND = tuple((kind, re.compile(pattern)) for kind, pattern in _CUES)


def question_cue(command: str) -> str | None:
    """Return the kind of question, one of seg_network.QUESTIONS, that a command looks like."""
    said = words_said(command)
    return next((kind for kind, pattern in _FOUND if pattern.search(said)), None)
