from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from labelaudit.errors import InputError
from labelaudit.table import Table, read_table

Write = Callable[..., str]


@pytest.fixture
def audited(write: Write) -> Table:
    data = (
        "id,x,c,d,b,k,y\n"
        "1,1,red,2020-01-01,true,0,p\n"
        "2,2,blue,2020-01-02,false,0,p\n"
        "3,3,red,2020-01-01,true,0,q\n"
        "4,4,blue,2020-01-02,true,0,q\n"
    )
    return read_table([write(data)], label="y", ids=["id"])


def test_kinds_levels_and_classes_are_the_audited_tables(write: Write, audited: Table) -> None:
    trusted = write("y,b,d,c,x,note\nq,true,2021-01-01,green,7,n\nq,true,2021-01-01,red,,n\n", "trusted.csv")
    table = read_table([trusted], label="y", ids=["id"], expect=audited)
    assert table.classes == ("p", "q")
    assert table.given.tolist() == [1, 1]
    assert [(c.name, c.kind, c.levels) for c in table.columns] == [(c.name, c.kind, c.levels) for c in audited.columns]
    values = {column.name: column.values for column in table.columns}
    assert values["c"].tolist() == [-1, audited.columns[1].levels.index("red")]
    np.testing.assert_array_equal(values["x"], [7, np.nan])
    assert [column.name for column in table.left_out_columns] == ["note"]


def test_a_class_that_is_not_audited_is_refused_with_its_line(write: Write, audited: Table) -> None:
    trusted = write("x,c,d,b,y\n1,red,2020-01-01,true,p\n1,red,2020-01-01,true,P\n", "trusted.csv")
    with pytest.raises(InputError, match=r'trusted\.csv:3, column "y": the class "P" is not in the audited data'):
        read_table([trusted], label="y", expect=audited)


def test_a_column_that_is_not_there_is_refused(write: Write, audited: Table) -> None:
    with pytest.raises(InputError, match=r'trusted\.csv:1: the reference has no column "c"'):
        read_table([write("x,d,b,y\n1,2020-01-01,true,p\n", "trusted.csv")], label="y", expect=audited)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("low,red,2020-01-01,true,p", 'column "x": expected a number, got "low"'),
        ("1,red,soon,true,p", 'column "d": expected an ISO 8601 date, got "soon"'),
        ("1,red,2020-01-01,yes,p", 'column "b": expected true or false, got "yes"'),
    ],
)
def test_a_cell_of_another_kind_is_refused(write: Write, audited: Table, row: str, expected: str) -> None:
    trusted = write(f"x,c,d,b,y\n1,red,2020-01-01,true,p\n{row}\n", "trusted.csv")
    with pytest.raises(InputError) as refused:
        read_table([trusted], label="y", expect=audited)
    assert f"trusted.csv:3, {expected}" in str(refused.value)
