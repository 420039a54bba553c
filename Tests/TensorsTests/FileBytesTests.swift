import Memory
import Testing

@Suite struct FileBytesTests {
    private struct Gone: Error {}

    private static let content = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private static func elsewhere(_ content: [UInt8]) -> FileBytes {
        FileBytes(count: content.count) { offset, buffer in
            buffer.copyBytes(from: content[offset..<offset + buffer.count])
        }
    }

    @Test("The same bytes come out, in pieces or at once, whether they lie in memory or not")
    func bytes() throws {
        for content in [Self.content, [], [1]] {
            for file in [FileBytes(content), Self.elsewhere(content)] {
                #expect(file.count == content.count)
                #expect(try file.array == content)
                var pieces: [UInt8] = []
                try file.forEachPiece { pieces += Array($0) }
                #expect(pieces == content)
            }
        }
    }

    @Test("Any part can be read, the empty one at the end too")
    func parts() throws {
        for file in [FileBytes(Self.content), Self.elsewhere(Self.content)] {
            for (offset, count) in [(0, 10), (699_990, 11), (700_001, 0), (300_000, 200_000)] {
                var part = [UInt8](repeating: 0, count: count)
                try part.withUnsafeMutableBytes { try file.read(from: offset, into: $0) }
                #expect(part == Array(Self.content[offset..<offset + count]))
            }
        }
    }

    @Test("What cannot be read is thrown, and no piece is handed out twice")
    func failure() {
        let file = FileBytes(count: Self.content.count) { offset, _ in
            guard offset == 0 else { throw Gone() }
        }
        var pieces = 0
        #expect(throws: Gone.self) { try file.forEachPiece { _ in pieces += 1 } }
        #expect(pieces == 1)
        #expect(throws: Gone.self) {
            var last = [UInt8](repeating: 0, count: 1)
            try last.withUnsafeMutableBytes {
                try file.read(from: Self.content.count - 1, into: $0)
            }
        }
    }
}
