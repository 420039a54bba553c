import Randomness
import Synchronization
import Tensors
import Testing

/// Files that are read and written a block at a time, against the same files as a whole.
@Suite struct SafetensorsFileTests {
    private struct PastTheEnd: Error {}

    /// Reads out of memory, and knows how much has been asked for at once.
    private static func reading(_ bytes: [UInt8]) -> SafetensorsFile.Reading {
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
        try SafetensorsFile(byteCount: bytes.count, read: reading(bytes))
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

    private static func elements(
        _ range: Range<Int>, of file: SafetensorsFile
    ) throws -> [Float] {
        var elements = [Float](repeating: .nan, count: range.count)
        try elements.withUnsafeMutableBufferPointer { try file.parameters.read(range, $0) }
        return elements
    }

    @Test("Any range of the parameters is that of the float32 tensors put one behind the other")
    func ranges() throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let whole = try Safetensors(Self.tensors(&random))
            let file = try Self.file(whole.bytes)
            let all = whole.tensors.compactMap(\.float32).flatMap(\.self)
            #expect(file.float32Count == all.count, "seed \(seed)")
            #expect(file.parameters.count == all.count, "seed \(seed)")
            for _ in 0..<20 {
                let first = random.uniformInteger(in: 0...all.count)
                let range = first..<random.uniformInteger(in: first...all.count)
                #expect(
                    try Self.elements(range, of: file) == Array(all[range]), "seed \(seed) \(range)"
                )
            }
            for tensor in whole.tensors {
                let entry = try #require(file.header.entries.first { $0.name == tensor.name })
                let bytes = tensor.withBytes { Array($0) }
                #expect(Array(whole.bytes[file.bytes(of: entry)]) == bytes, "seed \(seed)")
            }
        }
    }

    @Test("Nothing but the file's elements can be asked for")
    func bounds() throws {
        let file = try Self.file(
            try Safetensors([
                Tensor(name: "a", vector: [Float(1), 2, 3]), Tensor(name: "b", vector: [Double(4)]),
            ]).bytes)
        for range in [0..<4, 3..<4, -1..<2, 4..<5] {
            #expect(
                throws: SafetensorsError.outOfBounds(
                    first: range.lowerBound, wanted: range.count, count: 3)
            ) { try Self.elements(range, of: file) }
        }
        // A buffer of another length than the range.
        var buffer = [Float](repeating: 0, count: 2)
        #expect(throws: SafetensorsError.self) {
            try buffer.withUnsafeMutableBufferPointer { try file.readFloat32(0..<3, into: $0) }
        }
        let entry = try #require(file.header.entries.first { $0.name == "a" })
        var bytes = [UInt8](repeating: 0, count: 8)
        for first in [-1, 2, 4, Int.max, Int.min] {
            #expect(throws: SafetensorsError.self, "\(first)") {
                try bytes.withUnsafeMutableBytes { try file.read(entry, from: first, into: $0) }
            }
        }
        #expect(throws: SafetensorsError.self) {
            try bytes.withUnsafeMutableBytes {
                try file.read(entry, from: 0, into: .init(rebasing: $0[..<3]))
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
                    byteCount: bytes.count, headerByteCountMax: 1_000, read: Self.reading(bytes))
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
            try SafetensorsFile(byteCount: 1 << 40, headerByteCountMax: 4_096) { offset, buffer in
                try Self.reading(prefix)(offset, buffer)
            }
        }
    }

    // MARK: - Headers

    @Test("A header that was read writes itself again, and its data can be read as it lies")
    func sameHeader() throws {
        let whole = try Safetensors(
            [Tensor(name: "a", vector: [Float(1), 2]), Tensor(name: "b", vector: [Float(3)])])
        let file = try Self.file(whole.bytes)
        var data = [UInt8](repeating: 0, count: file.header.dataByteCount)
        try data.withUnsafeMutableBytes { try file.readData(0..<$0.count, into: $0) }
        #expect(file.header.bytes + data == whole.bytes)
        #expect(throws: SafetensorsError.outOfBounds(first: 8, wanted: 8, count: 12)) {
            try data.withUnsafeMutableBytes {
                try file.readData(8..<16, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<8]))
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
