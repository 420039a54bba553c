import Memory
import Randomness
import Synchronization
import Tensors
import Testing

/// Files that are read and written a block at a time, against the same files as a whole.
@Suite struct SafetensorsFileTests {
    private struct PastTheEnd: Error {}

    /// Reads out of memory, and knows how much has been asked for at once.
    private static func reading(_ bytes: [UInt8]) -> FileBytes.Reading {
        { offset, buffer in
            guard offset >= 0, offset + buffer.count <= bytes.count else { throw PastTheEnd() }
            bytes.withUnsafeBytes { whole in
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: whole[offset..<offset + buffer.count]))
            }
        }
    }

    private static func file(_ bytes: [UInt8]) throws -> SafetensorsFile {
        try SafetensorsFile(FileBytes(count: bytes.count, read: reading(bytes)))
    }

    /// A few tensors of both types, some of them without elements.
    private static func tensors(_ random: inout SeededRandom) throws -> [Tensor] {
        try (0..<random.uniformInteger(in: 0...6)).map { number in
            let count = random.uniformInteger(in: 0...40)
            return random.uniformInteger(in: 0...3) == 0
                ? try Tensor(
                    name: "t\(number)", shape: [count],
                    float64: (0..<count).map { Double($0) + 0.5 })
                : try Tensor(
                    name: "t\(number)", shape: [count, 1],
                    float32: (0..<count).map { _ in Float(random.uniformInteger(in: 0...1_000)) })
        }
    }

    @Test("Any range of a tensor's elements is that of the tensor in memory")
    func ranges() throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let whole = try Safetensors(Self.tensors(&random))
            for file in [try Self.file(whole.bytes), try SafetensorsFile(whole.bytes)] {
                for tensor in whole.tensors {
                    let entry = try #require(file.header.entries.first { $0.name == tensor.name })
                    let first = random.uniformInteger(in: 0...entry.elementCount)
                    let range = first..<random.uniformInteger(in: first...entry.elementCount)
                    if let all = tensor.float32 {
                        #expect(
                            try file.elements(range, of: entry, as: Float.self)
                                == Array(all[range]), "seed \(seed) \(range)")
                    } else if let all = tensor.float64 {
                        #expect(
                            try file.elements(range, of: entry, as: Double.self)
                                == Array(all[range]), "seed \(seed) \(range)")
                    }
                }
            }
        }
    }

    @Test("Nothing but the file's elements can be asked for")
    func bounds() throws {
        let file = try Self.file(
            try Safetensors([
                Tensor(name: "a", vector: [Float(1), 2, 3]), Tensor(name: "b", vector: [Double(4)]),
            ]).bytes)
        let entry = try #require(file.header.entries.first { $0.name == "a" })
        for range in [0..<4, 3..<4, -1..<2, 4..<5, Int.max - 1..<Int.max, Int.min..<Int.min + 1] {
            #expect(
                throws: SafetensorsError.outOfBounds(
                    first: range.lowerBound, wanted: range.count, count: 3)
            ) { try file.elements(range, of: entry, as: Float.self) }
        }
        // Buffers of another length than the range.
        var bytes = [UInt8](repeating: 0, count: 8)
        for count in [3, 7] {
            #expect(throws: SafetensorsError.self) {
                try bytes.withUnsafeMutableBytes {
                    try file.read(0..<2, of: entry, into: .init(rebasing: $0[..<count]))
                }
            }
        }
    }

    @Test("What is no whole file is refused, with the reason that reading it as a whole gives")
    func strict() throws {
        let honest = try Safetensors(
            [Tensor(name: "a", vector: [Float(1), 2]), Tensor(name: "b", vector: [Double(3)])]
        ).bytes
        var random = SeededRandom(seed: 3)
        var refused = 0
        for _ in 0..<2_000 {
            var bytes = honest
            switch random.uniformInteger(in: 0...2) {
            case 0: bytes = Array(bytes.prefix(random.uniformInteger(in: 0...bytes.count)))
            case 1: bytes += [UInt8](repeating: 0, count: random.uniformInteger(in: 1...9))
            default:
                let place = random.uniformInteger(in: 0...bytes.count - 1)
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
            let expected = Result { () throws(SafetensorsError) in
                try Safetensors(parsing: bytes, headerByteCountMax: 1_000)
            }
            do {
                let file = try SafetensorsFile(
                    FileBytes(count: bytes.count, read: Self.reading(bytes)),
                    headerByteCountMax: 1_000)
                #expect(throws: Never.self) { try expected.get() }
                #expect(file.header.metadata == (try expected.get()).metadata)
            } catch let error as SafetensorsError {
                #expect(throws: error) { try expected.get() }
                refused += 1
            }
        }
        #expect(refused > 500)
    }

    @Test("A header's length is believed only as far as the limit goes, before anything is read")
    func longHeader() throws {
        let prefix: [UInt8] = [0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0]
        #expect(throws: SafetensorsError.headerTooLong(byteCount: 0x7FFF_FFFF, max: 4_096)) {
            try SafetensorsFile(
                FileBytes(count: 1 << 40, read: Self.reading(prefix)), headerByteCountMax: 4_096)
        }
    }

    // MARK: - Headers

    @Test("A header that was read writes itself again, and its data can be read as it lies")
    func sameHeader() throws {
        let whole = try Safetensors(
            [Tensor(name: "a", vector: [Float(1), 2]), Tensor(name: "b", vector: [Float(3)])])
        let file = try Self.file(whole.bytes)
        var data = [UInt8](repeating: 0, count: file.header.dataByteCount)
        try data.withUnsafeMutableBytes { try file.read(0..<$0.count, into: $0) }
        #expect(file.header.bytes + data == whole.bytes)
        #expect(throws: SafetensorsError.outOfBounds(first: 8, wanted: 8, count: 12)) {
            try data.withUnsafeMutableBytes {
                try file.read(8..<16, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<8]))
            }
        }
    }

    @Test(
        "A shape that no file can hold has no header", arguments: [[Int.max, 8], [1 << 61], [-1]])
    func impossibleShapes(shape: [Int]) {
        #expect(throws: SafetensorsError.tooLarge(tensor: "a", shape: shape)) {
            try SafetensorsHeader(laidOut: [("a", .float32, shape)])
        }
    }
}
