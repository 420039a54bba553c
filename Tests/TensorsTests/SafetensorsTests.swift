import Encodings
import Randomness
import Tensors
import Testing

@Suite struct SafetensorsTests {
    /// Written by the PyPI package `safetensors` 0.8.0 with numpy 2.4.6:
    ///
    ///     import numpy as np; from safetensors.numpy import save
    ///     save({"weight": np.array([[1.5, -2, .25], [3, 4.5, -0.]], np.float32),
    ///           "bias": np.array([.5], np.float32), "mean": np.array([1e-300, 2, np.pi]),
    ///           "scalar": np.array(7.), "empty": np.zeros((0, 3), np.float32)},
    ///          metadata={"format": "jointlab.example/1"}).hex()
    private static let pythonFile =
        "60010000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a226a6f696e746c61622e"
        + "6578616d706c652f31227d2c226d65616e223a7b226474797065223a22463634222c227368617065223a5b33"
        + "5d2c22646174615f6f666673657473223a5b302c32345d7d2c227363616c6172223a7b226474797065223a22"
        + "463634222c227368617065223a5b5d2c22646174615f6f666673657473223a5b32342c33325d7d2c22626961"
        + "73223a7b226474797065223a22463332222c227368617065223a5b315d2c22646174615f6f66667365747322"
        + "3a5b33322c33365d7d2c22656d707479223a7b226474797065223a22463332222c227368617065223a5b302c"
        + "335d2c22646174615f6f666673657473223a5b33362c33365d7d2c22776569676874223a7b22647479706522"
        + "3a22463332222c227368617065223a5b322c335d2c22646174615f6f666673657473223a5b33362c36305d7d"
        + "7d2020202020202059f3f8c21f6ea5010000000000000040182d4454fb2109400000000000001c400000003f"
        + "0000c03f000000c00000803e000040400000904000000080"

    private static func exampleTensors() throws -> [Tensor] {
        [
            try Tensor(name: "weight", shape: [2, 3], float32: [1.5, -2, 0.25, 3, 4.5, -0.0]),
            Tensor(name: "bias", vector: [Float(0.5)]),
            Tensor(name: "mean", vector: [1e-300, 2, Double.pi]),
            try Tensor(name: "scalar", shape: [], float64: [7]),
            try Tensor(name: "empty", shape: [0, 3], float32: []),
        ]
    }

    @Test("A file of the Python package is read")
    func pythonFileIsRead() throws {
        let file = try Safetensors(parsing: try #require(Hex.decode(Self.pythonFile)))
        #expect(file.tensors.map(\.name) == ["mean", "scalar", "bias", "empty", "weight"])
        #expect(file.metadata == ["format": "jointlab.example/1"])
        for tensor in try Self.exampleTensors() {
            #expect(file[tensor.name] == tensor)
        }
        #expect(file["absent"] == nil)
    }

    @Test("We write the bytes that the Python package writes, whatever the order of the tensors")
    func bytesAreThoseOfThePythonPackage() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<20 {
            var tensors = try Self.exampleTensors()
            random.shuffle(&tensors)
            let file = try Safetensors(tensors, metadata: ["format": "jointlab.example/1"])
            #expect(Hex.encode(file.bytes) == Self.pythonFile)
        }
    }

    @Test("A name needs no alphabet: control characters are escaped as the Python package does")
    func namesAreEscaped() throws {
        let file = try Safetensors([Tensor(name: "a\"\n\u{1}é", vector: [Float(1), 2])])
        let text = file.bytes.dropFirst(8).dropLast(8)
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"a\"\n\u0001é":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}      "#)
        #expect(try Safetensors(parsing: file.bytes) == file)
    }

    @Test("A file without tensors is sixteen bytes")
    func emptyFile() throws {
        let bytes = try Safetensors([]).bytes
        #expect(bytes == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
        #expect(try Safetensors(parsing: bytes).tensors.isEmpty)
    }

    @Test(
        "What is written is read back, and the data is aligned", arguments: 0..<200 as Range<UInt64>
    )
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let file = try randomFile(&random)
        let bytes = file.bytes
        #expect(try Safetensors(parsing: bytes) == file)

        let textByteCount = try SafetensorsHeader.textByteCount(prefix: bytes)
        let header = try SafetensorsHeader(parsing: bytes[8..<8 + textByteCount])
        #expect(textByteCount.isMultiple(of: 8))
        #expect(header.bytes == Array(bytes[..<(8 + textByteCount)]))
        #expect(header.dataByteCount == bytes.count - 8 - textByteCount)
        for entry in header.entries {
            #expect(entry.bytes.lowerBound.isMultiple(of: entry.elementType.byteCount))
        }
    }

    @Test("Keys of metadata are apart when their bytes are")
    func metadataKeysAreBytes() throws {
        let metadata: SafetensorsMetadata = ["\u{E9}": "composed", "e\u{301}": "decomposed"]
        let file = try Safetensors(parsing: try Safetensors([], metadata: metadata).bytes)
        #expect(file.metadata["\u{E9}"] == "composed")
        #expect(file.metadata["e\u{301}"] == "decomposed")
        #expect(file.metadata.keys.count == 2)
        #expect(file.metadata != ["e\u{301}": "composed", "\u{E9}": "decomposed"])
    }

    @Test("Two tensors of one name, and the name of the metadata, are refused")
    func namesAreUnique() {
        let tensor = Tensor(name: "w", vector: [Float(1)])
        #expect(throws: SafetensorsError.duplicateName("w")) { try Safetensors([tensor, tensor]) }
        #expect(throws: SafetensorsError.reservedName) {
            try Safetensors([Tensor(name: "__metadata__", vector: [Float(1)])])
        }
    }
}

@Suite struct MalformedSafetensorsTests {
    @Test("A malformed file is refused with what is wrong", arguments: malformed)
    func malformedFile(file: [UInt8], message: String) {
        let error = #expect(throws: SafetensorsError.self) { try Safetensors(parsing: file) }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("A caller may allow less of a header than the format does")
    func headerLimit() throws {
        let bytes = try Safetensors([Tensor(name: "w", vector: [Float(1)])]).bytes
        #expect(throws: SafetensorsError.headerTooLong(byteCount: 56, max: 55)) {
            try Safetensors(parsing: bytes, headerByteCountMax: 55)
        }
        #expect(throws: Never.self) { try Safetensors(parsing: bytes, headerByteCountMax: 56) }
    }

    @Test("A file cut off anywhere is refused")
    func everyPrefixIsRefused() throws {
        var random = SeededRandom(seed: 3)
        let bytes = try randomFile(&random, tensorsMin: 2).bytes
        for count in 0..<bytes.count {
            #expect(throws: SafetensorsError.self) {
                try Safetensors(parsing: Array(bytes[..<count]))
            }
        }
        #expect(throws: SafetensorsError.self) { try Safetensors(parsing: bytes + [0]) }
    }

    @Test(
        "Flipped bits never trap, and what is still accepted says so in its bytes",
        arguments: 0..<40 as Range<UInt64>)
    func flippedBits(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let original = try randomFile(&random).bytes
        for _ in 0..<100 {
            var bytes = original
            for _ in 0...random.uniformInteger(in: 0...3) {
                // Most flips go into the header, where they can do harm.
                let reach =
                    random.uniformInteger(below: 4) == 0 ? bytes.count : min(bytes.count, 200)
                let bit = random.uniformInteger(below: UInt64(reach * 8))
                bytes[Int(bit / 8)] ^= 1 << (bit % 8)
            }
            guard let file = try? Safetensors(parsing: bytes) else { continue }
            #expect(try Safetensors(parsing: file.bytes) == file, "seed \(seed)")
        }
    }

    @Test("Random bytes behind a plausible header never trap", arguments: 0..<40 as Range<UInt64>)
    func randomHeaders(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let parts = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"dtype\"", "\"F32\"", "\"F64\"", "\"shape\"",
            "\"data_offsets\"", "\"__metadata__\"", "0", "4", "-1", "9223372036854775807", "1e9",
            "null", " ", "\\", "\u{0}",
        ]
        for _ in 0..<100 {
            let text = (0..<random.uniformInteger(in: 0...30)).map { _ in
                parts[random.uniformInteger(in: 0...parts.count - 1)]
            }
            _ = try? Safetensors(parsing: file("{" + text.joined(), data: 4))
        }
    }
}

/// A file with this JSON text and so many bytes of data.
private func file(_ text: String, data: Int = 0) -> [UInt8] {
    let count = UInt64(text.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(text.utf8)
        + [UInt8](repeating: 0, count: data)
}

private func tensor(
    _ name: String, _ begin: Int, _ end: Int, type: String = "F32", shape: String = "[1]"
) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
}

private let malformed: [([UInt8], String)] = [
    ([], "8 bytes, and this one has 0 bytes"),
    ([1, 2, 3], "8 bytes, and this one has 3 bytes"),
    ([255, 255, 255, 255, 255, 255, 255, 255], "18446744073709551615 bytes long, more than"),
    ([1, 0xE1, 0xF5, 5, 0, 0, 0, 0], "100000001 bytes long, more than the 100000000"),
    ([9, 0, 0, 0, 0, 0, 0, 0, 0x7B], "9 bytes long, and only 1 bytes follow"),
    ([0, 0, 0, 0, 0, 0, 0, 0], "should begin with {"),
    (file(" {}"), "should begin with {"),
    (file("[]"), "should begin with {"),
    (file("{}\n"), "only spaces may follow"),
    (file("{}\u{0}"), "only spaces may follow"),
    (file("{"), "should end with }"),
    (file("{} {}"), "nothing may follow the value"),
    (file("{\"a\" 1}"), "a colon should follow the key"),
    (file("{\(tensor("w", 0, 4)),\(tensor("w", 0, 4))}", data: 4), "the key \"w\" comes twice"),
    (
        file("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}"), "the key \"a\" comes twice"
    ),
    (file("{\"__metadata__\":{\"a\":1}}"), "__metadata__.a should be a string, and is an integer"),
    (file("{\"__metadata__\":[]}"), "__metadata__ should be an object, and is an array"),
    (file("{\"w\":1}"), "w should be an object"),
    (file("{\"w\":{\"shape\":[1],\"data_offsets\":[0,4]}}", data: 4), "w.dtype is missing"),
    (file("{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", data: 4), "w.shape is missing"),
    (file("{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}"), "w.data_offsets is missing"),
    (
        file("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", data: 4),
        "w.x is not a known field"
    ),
    (file("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}"), "2 integers"),
    (file("{\(tensor("w", 0, 4, shape: "[1.0]"))}", data: 4), "w.shape[0] should be an integer"),
    (file("{\(tensor("w", 0, 4, shape: "[-1]"))}", data: 4), "w.shape[0] should be an integer"),
    (file("{\(tensor("w", 0, 4, shape: "1"))}", data: 4), "w.shape should be an array"),
    (file("{\(tensor("w", -4, 0))}"), "w.data_offsets[0] should be an integer that is not neg"),
    (
        file("{\(tensor("w", 0, 2, type: "BF16"))}", data: 2),
        "has the type \"BF16\", and only F64, F32, U32, I8, U8"
    ),
    (file("{\(tensor("w", 0, 4, type: "f32"))}", data: 4), "has the type \"f32\""),
    (
        file("{\(tensor("w", 0, 4, shape: "[4611686018427387904,4]"))}", data: 4),
        "too large to be addressed"
    ),
    (
        file("{\(tensor("w", 0, 4, shape: "[4611686018427387904]"))}", data: 4),
        "too large to be addressed"
    ),
    (file("{\(tensor("w", 0, 8))}", data: 8), "from 0 to 8, and its type and shape need 4 bytes"),
    (file("{\(tensor("w", 8, 4))}", data: 8), "from 8 to 4, and its type and shape need 4 bytes"),
    (
        file("{\(tensor("a", 0, 4)),\(tensor("b", 8, 12))}", data: 12),
        "\"b\" begins at 8, and the data before it ends at 4; there may be no hole"
    ),
    (
        file("{\(tensor("a", 4, 8))}", data: 8),
        "\"a\" begins at 4, and the data before it ends at 0"
    ),
    (
        file("{\(tensor("a", 0, 4)),\(tensor("b", 0, 4))}", data: 4),
        "begins at 0, before the end of another's at 4"
    ),
    (
        file("{\(tensor("a", 0, 8, shape: "[2]")),\(tensor("b", 4, 8))}", data: 8),
        "\"b\" begins at 4, before the end of another's at 8"
    ),
    (
        file("{\(tensor("w", 0, 4))}", data: 3),
        "need 4 bytes of data, and the file has 3; it is cut"
    ),
    (file("{\(tensor("w", 0, 4))}", data: 5), "need 4 bytes of data, and 1 more follow"),
    (file("{}", data: 1), "need 0 bytes of data, and 1 more follow"),
]

private func randomFile(
    _ random: inout SeededRandom, tensorsMin: Int = 0
) throws -> Safetensors {
    let tensors = try (0..<random.uniformInteger(in: tensorsMin...5)).map { number in
        let shape = (0..<random.uniformInteger(in: 0...3)).map { _ in
            random.uniformInteger(in: 0...4)
        }
        let count = shape.reduce(1, *)
        let name = ["w", "layer.", "é", "\u{1F600}", "\""][number] + "\(number)"
        return random.next().isMultiple(of: 2)
            ? try Tensor(
                name: name, shape: shape,
                float32: (0..<count).map { _ in
                    Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
                })
            : try Tensor(
                name: name, shape: shape,
                float64: (0..<count).map { _ in Double(bitPattern: random.next()) })
    }
    return try Safetensors(
        tensors, metadata: random.next().isMultiple(of: 2) ? [:] : ["a": "1", "format": "é\n"])
}
