import unittest

import numpy as np
from support import FolderTestCase

import jointlab


class TableTests(FolderTestCase):
    def write(self, text: str) -> jointlab.Table:
        path = self.folder / "t.csv"
        path.write_text(text, encoding="utf-8")
        return jointlab.Table(path, label="y")

    def test_numbers_become_float64_an_empty_field_is_nan_and_texts_stay_texts(self) -> None:
        table = self.write("\ufeffa,b,y\n1,x,0\n,é,1\n")
        self.assertEqual(table["a"].dtype, np.float64)
        self.assertTrue(np.isnan(table["a"][1]))
        self.assertEqual(list(table["b"]), ["x", "é"])
        self.assertEqual(list(table.labels(int)), [0, 1])
        self.assertEqual(len(table), 2)

    def test_the_matrix_holds_all_columns_but_the_label_and_cannot_be_written(self) -> None:
        table = self.write("a,b,y\n1,2,0\n3,4,1\n")
        self.assertEqual(table.matrix().tolist(), [[1, 2], [3, 4]])
        self.assertEqual(table.matrix().dtype, np.float32)
        with self.assertRaises(ValueError):
            table.matrix()[0, 0] = 7

    def test_a_column_of_texts_or_one_that_is_not_there_is_named(self) -> None:
        table = self.write("a,b,y\n1,x,0\n")
        with self.assertRaisesRegex(TypeError, "'b' of t.csv holds texts"):
            table.matrix()
        with self.assertRaisesRegex(KeyError, "no column 'c'"):
            table["c"]

    def test_a_row_of_another_length_is_named(self) -> None:
        with self.assertRaisesRegex(ValueError, "t.csv, row 3: 1 fields, and 2 columns"):
            self.write("a,y\n1,2\n3\n").columns


class FilesTests(FolderTestCase):
    def test_a_file_may_have_a_plain_number_for_a_name(self) -> None:
        (self.folder / "labels.csv").write_text("file,kind\n0001,1\n0002,0\n", encoding="utf-8")
        files = jointlab.Files(self.folder, label="kind")
        self.assertEqual([path.name for path in files], ["0001", "0002"])
        self.assertEqual(list(files.labels(int)), [1, 0])

    def test_files_stand_in_the_order_of_the_table_of_labels(self) -> None:
        (self.folder / "b.txt").write_text("two")
        (self.folder / "a.txt").write_text("one")
        (self.folder / "labels.csv").write_text("file,y\nb.txt,1\na.txt,0\n")
        files = jointlab.Files(self.folder, label="y")
        self.assertEqual([path.read_text() for path in files], ["two", "one"])
        self.assertEqual(list(files.labels(int)), [1, 0])


if __name__ == "__main__":
    unittest.main()
