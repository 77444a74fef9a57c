"""The forms in which MovieLens is passed around: which files there are, and how each is taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.errors import SourceError
from mmsql.loading import files_on_disk as disk
from mmsql.loading.reading import Raw, open_csv

GENRES = "genres"
RATING_COLUMNS = (columns.USER, columns.ITEM, columns.RATING, columns.TS)
# The columns of u.item after the ids: whether a film is of a genre, 1 or 0.
GENRE_FLAGS = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What one kind of file looks like.

    Attributes
    ----------
    pattern : str
        The file's name, or a pattern for it.
    delimiter : str or None
        What stands between fields; None for whatever the header has.
    quote : str
        The quotation mark, or an empty text.
    names : tuple of str
        The columns of a file without header.
    genre_separator : str
        What stands between genres.
    ignored : tuple of str
        Columns that are left out.
    """

    pattern: str
    delimiter: str | None = None
    quote: str = ""
    names: tuple[str, ...] = ()
    genre_separator: str = "|"
    ignored: tuple[str, ...] = ()


# For each form, the layout of each kind of file. The first form whose ratings are there is taken.
FORMS: tuple[dict[str, Layout], ...] = (
    {
        "ratings": Layout(pattern="*.inter", delimiter="\t"),
        "movies": Layout(pattern="*.item", delimiter="\t", genre_separator=" "),
        "users": Layout(pattern="*.user", delimiter="\t"),
    },
    {
        "ratings": Layout(pattern="ratings.csv", quote='"'),
        "movies": Layout(pattern="movies.csv", quote='"'),
        "users": Layout(pattern="users.csv", quote='"'),
        "tags": Layout(pattern="tags.csv", quote='"'),
    },
    {
        "ratings": Layout(pattern="ratings.dat", delimiter="::", names=RATING_COLUMNS),
        "movies": Layout(pattern="movies.dat", delimiter="::", names=(columns.ITEM, columns.TITLE, GENRES)),
        "users": Layout(
            pattern="users.dat",
            delimiter="::",
            names=(columns.USER, "gender", "age", "occupation", "zip_code"),
        ),
        "tags": Layout(
            pattern="tags.dat", delimiter="::", names=(columns.USER, columns.ITEM, columns.BODY, columns.TS)
        ),
    },
    {
        "ratings": Layout(pattern="u.data", delimiter="\t", names=RATING_COLUMNS),
        "movies": Layout(
            pattern="u.item",
            delimiter="|",
            names=(columns.ITEM, columns.TITLE, "released", "released_on_video", "url", *GENRE_FLAGS),
            ignored=("released", "released_on_video", "url"),
        ),
        "users": Layout(
            pattern="u.user",
            delimiter="|",
            names=(columns.USER, "age", "gender", "occupation", "zip_code"),
        ),
    },
)
# The order in which files are loaded, and where to.
SOURCES = {"movies": "items", "users": "users", "ratings": "interactions", "tags": "comments"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file of the directory: what it holds (``movies``, ``users``, ``ratings`` or ``tags``), and how."""

    holds: str
    path: Path
    layout: Layout

    @property
    def source(self) -> str:
        """The source that the file is loaded into."""
        return SOURCES[self.holds]


def find_parts(directory: Path) -> list[Part]:
    """Find the text files of a MovieLens directory, in the order in which they are loaded.

    Raises
    ------
    SourceError
        When the directory is none, or holds no ratings, or more than one file of a kind.
    """
    if not directory.is_dir():
        problem = "is a file" if directory.exists() else "is not there"
        raise SourceError(f"{directory} {problem}. Name the directory that holds the MovieLens files.")
    for form in FORMS:
        found = {holds: sorted(directory.glob(layout.pattern)) for holds, layout in form.items()}
        if not found["ratings"]:
            continue
        for files in found.values():
            if len(files) > 1:
                names = ", ".join(file.name for file in files)
                raise SourceError(
                    f"{directory} holds several data sets: {names}. Put each in a directory of its own."
                )
        return [Part(holds=n, path=found[n][0], layout=form[n]) for n in SOURCES if found.get(n)]
    names = ", ".join(sorted(file.name for file in directory.iterdir())[:20]) or "nothing"
    ratings = ", ".join(form["ratings"].pattern for form in FORMS)
    raise SourceError(
        f"{directory} holds no ratings: none of {ratings}. It holds: {names}. "
        f"Load other files with `mmsql load file DB SOURCE FILE`."
    )


def open_part(con: duckdb.DuckDBPyConnection, part: Part) -> Raw:
    """Make ``load_opened`` of a file."""
    layout = part.layout
    if not layout.names:
        return open_csv(con, part.path, delimiter=layout.delimiter, quote=layout.quote)
    return open_csv(
        con,
        part.path,
        delimiter=layout.delimiter,
        quote=layout.quote,
        names=list(layout.names),
        encoding=_encoding(part.path),
    )


def _encoding(path: Path) -> str:
    """Tell how a file is written: the older ones of MovieLens are Latin-1, the newer ones UTF-8."""
    with disk.check_file(path).open("rb") as stream:
        try:
            for line in stream:
                line.decode("utf-8")
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"
