"""A command of a document that nothing runs is told, and so is what runs or excuses a command that is gone."""

import sys
import unittest

sys.dont_write_bytecode = True

import paths  # noqa: F401 - it says where the other modules are

from blocks import read
from coverage import in_the_text, not_covered
from place import MANAGEMENT
from walks import NotRun, Walk

DOCUMENT = """# Title

Text with `orgscan settings` and `make test`.

## First

```sh
echo one
```

```console
$ orgscan settings
not a command
```

## Second

````sh
echo two    # a comment
cat <<'END'
```
END
````
"""
FIRST = Walk("a.md", ("First",), MANAGEMENT)
SECOND = NotRun("a.md", "echo two", "it is for people", "test")


class Coverage(unittest.TestCase):
    def setUp(self):
        self.blocks, self.spans = read("a.md", DOCUMENT)

    def told(self, *takers):
        walks = [one for one in takers if isinstance(one, Walk)]
        return not_covered(self.blocks, walks, [one for one in takers if isinstance(one, NotRun)])

    def test_blocks_have_their_place_and_their_headings(self):
        one, shown, two = self.blocks
        self.assertEqual((one.place, one.headings, one.text), ("a.md:8", ("Title", "First"), "echo one"))
        self.assertEqual([(span.place, span.text) for span in shown.prompts()], [("a.md:12", "orgscan settings")])
        self.assertEqual((two.headings, two.first_line, len(two.text.splitlines())), (("Title", "Second"), "echo two", 4))
        self.assertEqual([span.text for span in self.spans], ["orgscan settings", "make test"])

    def test_what_is_run_or_excused_is_covered(self):
        self.assertEqual(self.told(FIRST, SECOND), [])

    def test_what_nothing_runs_is_told(self):
        (problem,) = self.told(FIRST)
        self.assertTrue(problem.startswith("a.md:19: nothing runs 'echo two'"), problem)

    def test_a_walk_under_a_heading_that_is_gone_is_told(self):
        gone = Walk("a.md", ("First", "Third"), MANAGEMENT)
        self.assertEqual(self.told(gone, SECOND), ["a.md has no commands under 'Third'"])

    def test_a_code_or_a_name_that_is_gone_is_told(self):
        walk = Walk("a.md", ("First",), MANAGEMENT, codes={"echo three": 2}, names={"two": "three"})
        self.assertEqual(len(self.told(walk, SECOND)), 2)

    def test_an_excuse_for_what_is_gone_is_told(self):
        gone = NotRun("a.md", "echo three", "it is gone", "test")
        self.assertEqual(self.told(FIRST, SECOND, gone), ["a.md has no block 'echo three' to excuse"])

    def test_an_excuse_by_what_is_not_there_is_told(self):
        (problem,) = self.told(FIRST, NotRun("a.md", "echo two", "something runs it", "tests/e2e/gone.rs"))
        self.assertTrue(problem.startswith("'tests/e2e/gone.rs', which runs 'echo two'"), problem)

    def test_the_readers_names_take_the_place_of_those_of_the_document(self):
        walk = Walk("a.md", ("First",), MANAGEMENT, names={"one": "1"})
        self.assertEqual([one.text for one in walk.order(self.blocks)], ["echo 1", "$ orgscan settings\nnot a command"])

    def test_commands_of_the_text_have_to_be_such_as_are_taken(self):
        self.assertEqual(in_the_text(self.spans), ([], 1))
        _, spans = read("b.md", "`orgscan settings --unheard-of`, `orgscan setings`, `make tset`, `orgscan`")
        problems, _ = in_the_text(spans)
        self.assertEqual(len(problems), 3, problems)


if __name__ == "__main__":
    unittest.main(verbosity=2)
