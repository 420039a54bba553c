import Encodings
import Strategies
import Tensors
import Testing

@Suite struct MalformedUpdateTests {
    private static func error(
        _ compression: Compression, _ tensors: [Tensor], seed: String? = nil,
        local: LocalRule = .plain
    ) throws -> UpdateFormatError? {
        let layout = try ParameterLayout([("a", [2]), ("b", [3])])
        var metadata = SafetensorsMetadata()
        if compression != .none { metadata["compression"] = compression.json.canonicalText }
        metadata["seed"] = seed
        let file = try Safetensors(tensors, metadata: metadata)
        do {
            _ = try UpdateDecoder(compression, layout: layout, local: local, seed: 9)
                .contents(of: SafetensorsFile(file.bytes))
            return nil
        } catch let error as UpdateFormatError {
            return error
        }
    }

    private static let a = Tensor(name: "a", vector: [1, 2] as [Float])
    private static let b = Tensor(name: "b", vector: [1, 2, 3] as [Float])

    @Test("A dense update has the tensors of the model, and no others")
    func dense() throws {
        #expect(try Self.error(.none, [Self.a, Self.b]) == nil)
        #expect(try Self.error(.none, [Self.a]) == .missing(tensor: "b"))
        let more = Tensor(name: "c", vector: [1] as [Float])
        #expect(try Self.error(.none, [Self.a, Self.b, more]) == .superfluous(tensor: "c"))
        let long = Tensor(name: "b", vector: [1, 2, 3, 4] as [Float])
        #expect(
            try Self.error(.none, [Self.a, long])
                == .wrongForm(tensor: "b", found: "F32 [4]", expected: "F32 [3]"))
        let double = Tensor(name: "b", vector: [1, 2, 3] as [Double])
        #expect(
            try Self.error(.none, [Self.a, double])
                == .wrongForm(tensor: "b", found: "F64 [3]", expected: "F32 [3]"))
        #expect(
            try Self.error(.none, [Self.a, Self.b], seed: "9")
                == .wrongMetadata(key: "seed", found: "9", expected: nil))
    }

    @Test("Quantised updates hold nothing that their encoder would not write")
    func quantised() throws {
        func int8(_ scale: Float) throws -> [Tensor] {
            [
                try Tensor(name: "a", shape: [2], int8: [1, -2]),
                try Tensor(name: "b", shape: [3], int8: [0, 127, -127]),
                Tensor(name: "scale/a", vector: [0.5] as [Float]),
                Tensor(name: "scale/b", vector: [scale]),
            ]
        }
        #expect(try Self.error(.int8, int8(1)) == nil)
        for scale in [-1, .nan, .infinity] as [Float] {
            let error = try Self.error(.int8, int8(scale))
            #expect("\(String(describing: error))".contains("scale/b"))
        }
        #expect(
            try Self.error(.int8, [Self.a, Self.b])
                == .wrongForm(tensor: "a", found: "F32 [2]", expected: "I8 [2]"))

        // Three levels: codes 0 to 6 in three bits.
        func qsgd(_ codes: [UInt8], norm: Double = 1) -> [Tensor] {
            [
                Tensor(name: "codes/a", vector: [0b110_000] as [UInt8]),
                Tensor(name: "codes/b", vector: codes),
                Tensor(name: "norm/a", vector: [2] as [Double]),
                Tensor(name: "norm/b", vector: [norm]),
            ]
        }
        let compression = Compression.stochastic(levels: 3)
        #expect(try Self.error(compression, qsgd([0b1000_0001, 0b1])) == nil)
        #expect(
            try Self.error(compression, qsgd([0b0000_0111, 0]))
                == .wrongContents(
                    tensor: "codes/b", problem: "has the code 7, and 3 levels end at 6"))
        #expect(
            try Self.error(compression, qsgd([0, 0b10]))
                == .wrongContents(
                    tensor: "codes/b", problem: "has bits behind its last code that are not 0"))
        #expect(
            try Self.error(compression, qsgd([0]))
                == .wrongForm(tensor: "codes/b", found: "U8 [1]", expected: "U8 [2]"))
        let error = try Self.error(compression, qsgd([0, 0], norm: .nan))
        #expect("\(String(describing: error))".contains("norm/b"))
    }

    @Test("The indices of top-k ascend and stay within the model")
    func sparse() throws {
        func tensors(_ indices: [UInt32]) -> [Tensor] {
            [
                Tensor(name: "indices", vector: indices),
                Tensor(name: "values", vector: [1, 2] as [Float]),
            ]
        }
        let compression = Compression.topK(share: 0.4)
        #expect(try Self.error(compression, tensors([0, 4])) == nil)
        for indices in [[4, 0], [2, 2], [0, 5], [0, .max]] as [[UInt32]] {
            let error = try Self.error(compression, tensors(indices))
            #expect("\(String(describing: error))".contains("should ascend and stay below 5"))
        }
        #expect(
            try Self.error(compression, tensors([0, 1, 2]))
                == .wrongForm(tensor: "indices", found: "U32 [3]", expected: "U32 [2]"))
    }

    @Test("A mask of another seed, and another compression than the job's, are refused")
    func metadata() throws {
        let values = [Tensor(name: "values", vector: [1, 2, 3] as [Float])]
        let compression = Compression.randomMask(share: 0.5)
        #expect(try Self.error(compression, values, seed: "9") == nil)
        #expect(
            try Self.error(compression, values, seed: "8")
                == .wrongMetadata(key: "seed", found: "8", expected: "9"))
        #expect(
            try Self.error(compression, values)
                == .wrongMetadata(key: "seed", found: nil, expected: "9"))
        let layout = try ParameterLayout([("a", [2]), ("b", [3])])
        let dense = try Safetensors([Self.a, Self.b])
        #expect(throws: UpdateFormatError.self) {
            try UpdateDecoder(.int8, layout: layout).contents(of: SafetensorsFile(dense.bytes))
        }
    }

    @Test("A file cut off anywhere is refused")
    func cutOff() throws {
        let layout = try ParameterLayout([("a", [2]), ("b", [3])])
        for compression in CompressionTests.compressions {
            var encoder = try UpdateEncoder(compression, layout: layout)
            let bytes = try encoder.file(of: [1, 2, 3, 4, 5]).bytes
            for length in 0..<bytes.count {
                #expect(throws: SafetensorsError.self) {
                    try UpdateDecoder(compression, layout: layout)
                        .contents(of: SafetensorsFile(Array(bytes[..<length])))
                }
            }
        }
    }
}
