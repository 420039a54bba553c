package import Contracts
package import Storage
package import Tensors

/// An update as it is uploaded. A large one stays where the trainer's result lies, and goes from there
/// to its place in pieces: new memory for a copy takes the kernel longer than the copying.
package struct UpdateFile: Sendable {
    private enum Content: Sendable {
        case bytes([UInt8])
        case tensors(SafetensorsFile)
    }

    private static let pieceBytes = 256 << 10

    private let content: Content

    package init(_ bytes: [UInt8]) { content = .bytes(bytes) }

    /// - Parameter file: Must not change any more; what it lies in is held for as long as this value.
    package init(_ file: SafetensorsFile) { content = .tensors(file) }

    package var byteCount: Int {
        switch content {
        case .bytes(let bytes): bytes.count
        case .tensors(let file): file.header.bytes.count + file.header.dataByteCount
        }
    }

    /// All of it in memory.
    ///
    /// - Throws: What reading throws.
    package var bytes: [UInt8] {
        get throws {
            switch content {
            case .bytes(let bytes): bytes
            case .tensors(let file): try file.bytes()
            }
        }
    }

    /// Puts it into a store.
    ///
    /// - Throws: What reading and writing throw.
    package func write(to blobs: BlobStore) throws -> BlobDigest {
        guard case .tensors(let file) = content else { return try blobs.write(bytes) }
        var writer = try blobs.writer()
        try file.header.bytes.withUnsafeBytes { try writer.write($0) }
        let count = file.header.dataByteCount
        try withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 64) { buffer in
            for start in stride(from: 0, to: count, by: buffer.count) {
                let end = min(start + buffer.count, count)
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(end - start)])
                try file.read(start..<end, into: piece)
                try writer.write(UnsafeRawBufferPointer(piece))
            }
        }
        return try writer.finish(expecting: nil)
    }
}
