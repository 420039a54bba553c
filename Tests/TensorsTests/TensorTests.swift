import Tensors
import Testing

@Suite struct TensorTests {
    @Test("A shape is filled, or the tensor is refused with both numbers")
    func shapeMustBeFilled() throws {
        let tensor = try Tensor(name: "w", shape: [2, 3], float32: [1, 2, 3, 4, 5, 6])
        #expect(tensor.elementCount == 6)
        #expect(tensor.byteCount == 24)
        #expect(tensor.float32 == [1, 2, 3, 4, 5, 6])
        #expect(tensor.float64 == nil)

        let error = TensorError.wrongElementCount(name: "w", shape: [2, 3], elements: 5)
        #expect(throws: error) { try Tensor(name: "w", shape: [2, 3], float64: [1, 2, 3, 4, 5]) }
        #expect(
            "\(error)" == "the tensor \"w\" has 5 elements, which do not fill the shape [2, 3]")
    }

    @Test("A shape may be that of a single number or of nothing")
    func smallShapes() throws {
        #expect(try Tensor(name: "s", shape: [], float64: [7]).elementCount == 1)
        #expect(try Tensor(name: "e", shape: [0, 3], float32: []).byteCount == 0)
        #expect(Tensor(name: "v", vector: [Double]()).shape == [0])
    }

    @Test(
        "A shape with a negative dimension or too many elements is refused",
        arguments: [[-1], [2, -3], [-2, -3], [.max, 2], [1 << 32, 1 << 32, 0]])
    func impossibleShapes(shape: [Int]) {
        #expect(Tensor.elementCount(of: shape) == nil)
        #expect(throws: TensorError.self) { try Tensor(name: "w", shape: shape, float32: []) }
    }

    @Test("Tensors are compared bit by bit")
    func equalityIsExact() {
        let nan = Tensor(name: "x", vector: [Float.nan, 1])
        #expect(nan == Tensor(name: "x", vector: [Float.nan, 1]))
        #expect(nan.hashValue == Tensor(name: "x", vector: [Float.nan, 1]).hashValue)
        #expect(Tensor(name: "x", vector: [Float(0)]) != Tensor(name: "x", vector: [-Float(0)]))
        #expect(Tensor(name: "x", vector: [Float(1)]) != Tensor(name: "x", vector: [1.0]))
        #expect(Tensor(name: "x", vector: [1.0]) != Tensor(name: "y", vector: [1.0]))
        #expect(Tensor(name: "\u{E9}", vector: [1.0]) != Tensor(name: "e\u{301}", vector: [1.0]))
    }

    @Test("Elements are copied out of bytes that are not aligned")
    func bytesNeedNotBeAligned() throws {
        let bytes: [UInt8] = [99, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
        let tensor = try bytes.withUnsafeBytes {
            try Tensor(
                name: "w", elementType: .float32, shape: [2],
                bytes: UnsafeRawBufferPointer(rebasing: $0[1...]))
        }
        #expect(tensor.float32 == [1, -2])
        #expect(tensor.withBytes { Array($0) } == Array(bytes[1...]))
        #expect(throws: TensorError.self) {
            try bytes.withUnsafeBytes {
                try Tensor(name: "w", elementType: .float64, shape: [1], bytes: $0)
            }
        }
    }
}
