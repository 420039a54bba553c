import Encodings

/// What a member keeps to show that its entry stands on a log, to anybody and without asking the
/// log: index, inclusion proof and signed checkpoint, not one of them checked (C2SP tlog-proof,
/// the `.tlog-proof` file).
package struct InclusionReceipt: Hashable, Sendable, CustomStringConvertible {
    package static let extraByteCountMax = 65_535
    package static let byteCountMax = 2 * SignedNote.byteCountMax

    private static let header = "c2sp.org/tlog-proof@v1"
    private static let extraPrefix = "extra "
    private static let indexPrefix = "index "

    /// What an application adds. Nobody signs it, so believe nothing of it.
    package let extra: [UInt8]?
    /// The entry's place in the log, from 0.
    package let index: UInt64
    package let proof: InclusionProof
    package let checkpoint: UnverifiedCheckpoint

    /// - Throws: ``InclusionReceiptError``: `extraTooLarge` or `tooManyHashes`.
    package init(
        index: UInt64, proof: InclusionProof, checkpoint: UnverifiedCheckpoint,
        extra: [UInt8]? = nil
    ) throws(InclusionReceiptError) {
        guard extra?.count ?? 0 <= Self.extraByteCountMax else {
            throw .extraTooLarge(extra?.count ?? 0)
        }
        guard proof.hashes.count <= InclusionProof.hashCountMax else {
            throw .tooManyHashes(proof.hashes.count)
        }
        self.extra = extra
        self.index = index
        self.proof = proof
        self.checkpoint = checkpoint
    }

    /// Reads what ``bytes`` prints, and nothing else.
    ///
    /// - Throws: ``InclusionReceiptError``.
    package init(parsing bytes: [UInt8]) throws(InclusionReceiptError) {
        guard bytes.count <= Self.byteCountMax else { throw .tooLarge(bytes.count) }
        guard bytes.starts(with: "\(Self.header)\n".utf8) else { throw .wrongHeader }
        // Every line before the checkpoint has something in it, so the first empty line divides.
        let newline = UInt8(ascii: "\n")
        let divide = bytes.indices.dropLast().first { index in
            bytes[index] == newline && bytes[index + 1] == newline
        }
        guard let divide else { throw .missingCheckpoint }
        let lines = bytes[..<divide].split(separator: newline, omittingEmptySubsequences: false)

        var next = 1
        var extra: [UInt8]?
        if next < lines.count, lines[next].starts(with: Self.extraPrefix.utf8) {
            extra = Base64.decode(lines[next].dropFirst(Self.extraPrefix.utf8.count))
            guard extra != nil else { throw .badExtra }
            next += 1
        }
        guard next < lines.count, lines[next].starts(with: Self.indexPrefix.utf8),
            let index = UInt64(decimal: lines[next].dropFirst(Self.indexPrefix.utf8.count))
        else { throw .badIndex(line: next + 1) }
        next += 1
        var hashes: [TreeHash] = []
        for (position, line) in zip(next..., lines[next...]) {
            guard let bytes = Base64.decode(line), let hash = TreeHash(bytes: bytes) else {
                throw .badHash(line: position + 1)
            }
            hashes.append(hash)
        }

        let checkpoint: UnverifiedCheckpoint
        do {
            checkpoint = try UnverifiedCheckpoint(parsing: Array(bytes[(divide + 2)...]))
        } catch {
            throw .checkpoint(error)
        }
        try self.init(
            index: index, proof: InclusionProof(hashes), checkpoint: checkpoint, extra: extra)
    }

    package var bytes: [UInt8] { Array(description.utf8) }

    package var description: String {
        var lines = [Self.header]
        if let extra { lines.append(Self.extraPrefix + Base64.encode(extra)) }
        lines.append("\(Self.indexPrefix)\(index)")
        lines += proof.hashes.map(\.base64)
        return lines.joined(separator: "\n") + "\n\n\(checkpoint)"
    }
}

/// Why bytes are not a receipt, and where. Lines are counted from 1.
package enum InclusionReceiptError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(Int)
    case wrongHeader
    case badExtra
    case extraTooLarge(Int)
    case badIndex(line: Int)
    case badHash(line: Int)
    case tooManyHashes(Int)
    case missingCheckpoint
    case checkpoint(UnverifiedCheckpointError)

    package var description: String {
        switch self {
        case .tooLarge(let count):
            "the receipt has \(count) bytes; the most is \(InclusionReceipt.byteCountMax)"
        case .wrongHeader:
            "line 1 of a receipt is c2sp.org/tlog-proof@v1"
        case .badExtra:
            "line 2: the extra data is base64 with padding"
        case .extraTooLarge(let count):
            "the extra data has \(count) bytes; "
                + "the most is \(InclusionReceipt.extraByteCountMax)"
        case .badIndex(let line):
            "line \(line) should be: index <number>, decimal and without leading zeros"
        case .badHash(let line):
            "line \(line) of the receipt is a hash, 32 bytes in base64"
        case .tooManyHashes(let count):
            "a proof has at most \(InclusionProof.hashCountMax) hashes, and this one \(count)"
        case .missingCheckpoint:
            "the receipt ends before the empty line and the checkpoint"
        case .checkpoint(let error):
            "in the receipt's checkpoint: \(error)"
        }
    }
}
