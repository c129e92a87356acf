"""Finding WordNet 3.0 for METEOR: nltk's data, or the files of a Linux distribution."""

from __future__ import annotations

import io
import os
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from medspatial.errors import MissingPackageError, require
from medspatial.language.vocabulary import phrases

SYSTEM_FOLDERS = (
    "/usr/share/wordnet",
    "/usr/local/share/wordnet",
    "/usr/share/wordnet-3.0/dict",
    "/opt/WordNet-3.0/dict",
)
_NEEDED = (
    "index.noun",
    "data.noun",
    "index.verb",
    "data.verb",
    "index.adj",
    "data.adj",
    "index.adv",
    "data.adv",
)
# lexicographer files in WordNet's own order (lexnames(5)); distributions leave this index out
_LEXICOGRAPHERS = {
    "adj": ("all", "pert"),
    "adv": ("all",),
    "noun": phrases(
        """Tops|act|animal|artifact|attribute|body|cognition|communication|event|feeling|food|group|location
|motive|object|person|phenomenon|plant|possession|process|quantity|relation|shape|state|substance|time"""
    ),
    "verb": phrases(
        """body|change|cognition|communication|competition|consumption|contact|creation|emotion|motion
|perception|possession|social|stative|weather"""
    ),
}
_POS_NUMBER = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}


class WordNet(NamedTuple):
    """A reader with nltk's ``synsets`` interface, and where its files came from."""

    reader: Any
    source: str


def load_wordnet(folder: str | Path | None = None) -> WordNet:
    """Return WordNet from a folder, from nltk's data, or from a system folder.

    Parameters
    ----------
    folder
        A folder with ``index.noun``, ``data.noun``, ...; by default ``MEDSPATIAL_WORDNET``, then nltk's
        search path, then the folders of Linux distributions.

    Raises
    ------
    MissingPackageError
        nltk is missing, or no files are found: the message says how to get them.
    """
    require("nltk", "metrics")
    asked = folder or os.environ.get("MEDSPATIAL_WORDNET")
    if asked:
        if not _complete(Path(asked)):
            raise MissingPackageError(f"{asked}: no WordNet there (needs {', '.join(_NEEDED)})")
        return _from_folder(str(asked))
    found = _nltk_folder()
    if found:
        return _from_folder(found)
    for candidate in SYSTEM_FOLDERS:
        if _complete(Path(candidate)):
            return _from_folder(candidate)
    raise MissingPackageError(
        "METEOR needs WordNet 3.0; run: python -m nltk.downloader wordnet  (or: apt-get install "
        "wordnet-base, or set "
        "MEDSPATIAL_WORDNET to a folder with index.noun and data.noun)"
    )


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _NEEDED)


def _nltk_folder() -> str | None:
    import nltk

    for name in ("corpora/wordnet", "corpora/wordnet.zip/wordnet/"):
        try:
            return str(nltk.data.find(name))
        except LookupError:
            continue
    return None


@lru_cache(maxsize=4)
def _from_folder(folder: str) -> WordNet:
    import nltk
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    if folder not in nltk.data.path:
        nltk.data.path.append(folder)  # newer nltk opens files only below its search path

    class Reader(WordNetCorpusReader):  # type: ignore[misc]
        """Reads folders without ``lexnames`` and ``index.sense`` too."""

        def map_wn(self, version: str = "wordnet") -> None:
            """Other versions are not mapped: the files are used as they are."""

        def open(self, file: str) -> Any:
            try:
                return super().open(file)
            except OSError:
                if file == "lexnames":
                    return io.StringIO(_lexnames())
                raise

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nltk warns that other languages are absent: they are not used
        reader = Reader(folder, None)
    return WordNet(_Cached(reader), folder)


def _lexnames() -> str:
    order = ["adj", "adv", "noun", "verb"]
    names = [(pos, name) for pos in order for name in _LEXICOGRAPHERS[pos]]
    # adj.all, adj.pert, adv.all, nouns, verbs, and at the very end adj.ppl
    names.append(("adj", "ppl"))
    return "".join(f"{n:02d}\t{pos}.{name}\t{_POS_NUMBER[pos]}\n" for n, (pos, name) in enumerate(names))


class _Lemma(NamedTuple):
    text: str

    def name(self) -> str:
        return self.text


class _Synset(NamedTuple):
    names: tuple[_Lemma, ...]

    def lemmas(self) -> tuple[_Lemma, ...]:
        return self.names


class _Cached:
    """Keeps each word's synonyms: METEOR asks for the same words again and again.

    Attributes
    ----------
    uncached
        nltk's own reader.
    """

    def __init__(self, reader: Any) -> None:
        self.uncached = reader
        self._synonyms = lru_cache(maxsize=65536)(self._look_up)

    def synsets(self, word: str) -> list[_Synset]:
        """Return the word's synonyms as one synset, or none."""
        return [_Synset(self._synonyms(word))]

    def _look_up(self, word: str) -> tuple[_Lemma, ...]:
        names = {lemma.name() for synset in self.uncached.synsets(word) for lemma in synset.lemmas()}
        return tuple(_Lemma(name) for name in sorted(names))
