import unittest

import numpy as np
from safetensors.numpy import load

from jointlab import tensors


class TensorsTests(unittest.TestCase):
    def arrays(self) -> dict[str, np.ndarray]:
        draw = np.random.default_rng(1)
        return {
            "b": draw.standard_normal((2, 3)).astype(np.float32),
            "a": draw.standard_normal(5),
            "é\u0001": np.float32(3).reshape(()),
            "none": np.zeros((0, 4), np.float32),
            "turned": draw.standard_normal((3, 2)).T,
        }

    def test_the_reference_implementation_reads_what_is_written(self) -> None:
        found = load(tensors.to_bytes(self.arrays()))
        for name, array in self.arrays().items():
            np.testing.assert_array_equal(found[name], array)
            self.assertEqual(found[name].dtype, array.dtype)

    def test_what_is_written_is_read_as_views_that_cannot_be_written(self) -> None:
        found = tensors.read(memoryview(tensors.to_bytes(self.arrays())))
        for name, array in self.arrays().items():
            np.testing.assert_array_equal(found[name], array)
            self.assertFalse(found[name].flags.writeable)

    def test_a_base_is_subtracted_where_shape_and_type_are_the_same(self) -> None:
        base = {"a": np.ones(3, np.float32), "b": np.ones(3, np.float32)}
        buffer = memoryview(bytearray(1_000))
        size = tensors.write({"a": np.full(3, 5, np.float32), "b": np.full(3, 5.0)}, buffer, minus=base)
        found = tensors.read(buffer[:size])
        self.assertEqual(found["a"].tolist(), [4, 4, 4])
        self.assertEqual(found["b"].tolist(), [5, 5, 5])

    def test_what_does_not_fit_is_not_begun(self) -> None:
        buffer = memoryview(bytearray(100))
        with self.assertRaises(tensors.OutputTooLarge) as caught:
            tensors.write({"a": np.zeros(1_000)}, buffer)
        self.assertGreater(caught.exception.byte_count, 8_000)
        self.assertEqual(bytes(buffer), bytes(100))

    def test_objects_are_no_tensors(self) -> None:
        with self.assertRaisesRegex(TypeError, "a is an array of object"):
            tensors.to_bytes({"a": np.array([None])})


if __name__ == "__main__":
    unittest.main()
