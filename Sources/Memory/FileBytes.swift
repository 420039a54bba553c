/// The bytes of a file that does not change: in memory, or read from where they lie when they are
/// needed. Of a large model every copy counts, and new memory for one takes longer than the copying.
package struct FileBytes: Sendable {
    /// Fills a buffer with the bytes from a place on, all of which there are.
    package typealias Reading =
        @Sendable (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void

    private enum Place: Sendable {
        case memory([UInt8])
        case elsewhere(Reading)
    }

    private static let pieceBytes = 256 << 10

    package let count: Int
    private let place: Place

    package init(_ bytes: [UInt8]) {
        count = bytes.count
        place = .memory(bytes)
    }

    /// - Parameter read: Keeps what it reads from for as long as it lives.
    package init(count: Int, read: @escaping Reading) {
        self.count = count
        place = .elsewhere(read)
    }

    /// Fills a buffer with the bytes from a place on.
    ///
    /// - Throws: What reading throws.
    package func read(from offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        precondition(
            offset >= 0 && offset <= count && buffer.count <= count - offset,
            "\(buffer.count) bytes from \(offset) on, of \(count)")
        switch place {
        case .memory(let bytes):
            bytes.withUnsafeBytes {
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
            }
        case .elsewhere(let read): try read(offset, buffer)
        }
    }

    /// Hands all of them out, piece by piece.
    ///
    /// - Throws: What reading, or the closure, throws.
    package func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        if case .memory(let bytes) = place { return try bytes.withUnsafeBytes(body) }
        try withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 64) { buffer in
            for start in stride(from: 0, to: count, by: buffer.count) {
                let piece = UnsafeMutableRawBufferPointer(
                    rebasing: buffer.prefix(count - start))
                try read(from: start, into: piece)
                try body(UnsafeRawBufferPointer(piece))
            }
        }
    }

    /// All of them in memory.
    ///
    /// - Throws: What reading throws.
    package var array: [UInt8] {
        get throws {
            if case .memory(let bytes) = place { return bytes }
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                let all = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
                LargePages.use(for: all)
                try read(from: 0, into: all)
                initialized = count
            }
        }
    }
}
