"""The published forms of MovieLens: their files, and the layout of each file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.errors import SourceError
from mmsql.loading import file_checks
from mmsql.loading.delimited.reading import open_delimited, open_known
from mmsql.loading.parsed_file import ParsedFile

GENRES = "genres"
RATING_COLUMNS = (columns.USER, columns.ITEM, columns.RATING, columns.TS)
# The columns of u.item after the ids: 1 where a film has the genre, else 0.
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
    """The layout of one kind of file.

    Attributes
    ----------
    pattern : str
        Name of the file, or a pattern for it.
    delimiter : str
        Delimiter of the fields of a file without a header.
    names : tuple of str
        Columns of a file without a header. Other files are read by looking at them.
    genre_separator : str
        Separator of genres.
    ignored : tuple of str
        Columns that are not loaded.
    """

    pattern: str
    delimiter: str = ""
    names: tuple[str, ...] = ()
    genre_separator: str = "|"
    ignored: tuple[str, ...] = ()


# For each form, the layout of each kind of file. The first form with ratings in the directory applies.
FORMS: tuple[dict[str, Layout], ...] = (
    {
        "ratings": Layout(pattern="*.inter"),
        "movies": Layout(pattern="*.item", genre_separator=" "),
        "users": Layout(pattern="*.user"),
    },
    {
        "ratings": Layout(pattern="ratings.csv"),
        "movies": Layout(pattern="movies.csv"),
        "users": Layout(pattern="users.csv"),
        "tags": Layout(pattern="tags.csv"),
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
# The order of loading, and the source of each kind of file.
SOURCES = {"movies": "items", "users": "users", "ratings": "interactions", "tags": "comments"}


@dataclass(frozen=True, kw_only=True)
class MovieLensFile:
    """A file of the directory, with its content (``movies``, ``users``, ``ratings`` or ``tags``) and its layout."""

    holds: str
    path: Path
    layout: Layout

    @property
    def source(self) -> str:
        """The source that the file is loaded into."""
        return SOURCES[self.holds]


def find_files(directory: Path) -> list[MovieLensFile]:
    """Return the text files of a MovieLens directory, in the order of loading.

    Raises
    ------
    SourceError
        When the directory does not exist, has no ratings, or has several files of one kind.
    """
    if not directory.is_dir():
        problem = "is a file" if directory.exists() else "does not exist"
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
        return [MovieLensFile(holds=n, path=found[n][0], layout=form[n]) for n in SOURCES if found.get(n)]
    names = ", ".join(sorted(file.name for file in directory.iterdir())[:20]) or "nothing"
    ratings = ", ".join(form["ratings"].pattern for form in FORMS)
    raise SourceError(
        f"{directory} holds no ratings: none of {ratings}. It holds: {names}. "
        f"Load other files with `mmsql load file DB SOURCE FILE`."
    )


def open_movielens_file(con: duckdb.DuckDBPyConnection, file: MovieLensFile) -> ParsedFile:
    """Make ``load_opened`` of a file."""
    layout = file.layout
    if not layout.names:
        return open_delimited(con, file.path)
    return open_known(con, file.path, layout.delimiter, layout.names, _encoding(file.path))


def _encoding(path: Path) -> str:
    """Return the encoding of a file: Latin-1 for the older files of MovieLens, UTF-8 for the newer ones."""
    with file_checks.check_file(path).open("rb") as stream:
        try:
            for line in stream:
                line.decode("utf-8")
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"
