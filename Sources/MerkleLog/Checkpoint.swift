/// What a log says of itself: its origin, and the size and root of its tree (C2SP
/// tlog-checkpoint, "Note text").
///
/// A statement that anybody can write down. Signed, it is an ``UnverifiedCheckpoint``; checked
/// against a policy, a ``VerifiedCheckpoint``.
package struct Checkpoint: Hashable, Sendable, CustomStringConvertible {
    package let origin: LogOrigin
    package let head: TreeHead
    /// More lines, which mean nothing to a verifier. The specification advises against them.
    package let extensionLines: [NoteLine]

    /// - Throws: ``CheckpointError/wrongEmptyRoot(_:)``.
    package init(
        origin: LogOrigin, head: TreeHead, extensionLines: [NoteLine] = []
    ) throws(CheckpointError) {
        guard head.size > 0 || head.root == .empty else { throw .wrongEmptyRoot(head.root) }
        self.origin = origin
        self.head = head
        self.extensionLines = extensionLines
    }

    /// What a log of this frontier signs.
    package init(origin: LogOrigin, frontier: TreeFrontier) {
        self.origin = origin
        head = frontier.head
        extensionLines = []
    }

    /// Reads what ``text`` prints, and nothing else.
    ///
    /// - Throws: ``CheckpointError``.
    package init(parsing text: NoteText) throws(CheckpointError) {
        let lines = text.lines
        guard lines.count >= 3 else { throw .tooFewLines(lines.count) }
        var checked: [NoteLine] = []
        for (position, line) in lines.enumerated() {
            guard let line = NoteLine(utf8: Array(line)) else { throw .emptyLine(position + 1) }
            checked.append(line)
        }
        guard let size = UInt64(decimal: lines[1]) else { throw .badSize("\(Quoted(lines[1]))") }
        guard let root = TreeHash(base64: checked[2].description) else {
            throw .badRoot("\(Quoted(lines[2]))")
        }
        try self.init(
            origin: LogOrigin(checked[0]), head: TreeHead(size: size, root: root),
            extensionLines: Array(checked.dropFirst(3)))
    }

    /// What is signed.
    package var text: NoteText {
        NoteText(unchecked: Array(description.utf8))
    }

    package var description: String {
        "\(origin)\n\(head.size)\n\(head.root.base64)\n"
            + extensionLines.map { "\($0)\n" }.joined()
    }
}

/// Why a text is not a checkpoint, and where.
package enum CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooFewLines(Int)
    /// Counted from 1.
    case emptyLine(Int)
    case badSize(String)
    case badRoot(String)
    case wrongEmptyRoot(TreeHash)

    package var description: String {
        switch self {
        case .tooFewLines(let count):
            "a checkpoint has three lines at least (origin, size, root), and this one \(count)"
        case .emptyLine(let line):
            "line \(line) of the checkpoint is empty"
        case .badSize(let text):
            "line 2 of the checkpoint is the size, a decimal number of at most 64 bits "
                + "without leading zeros, and not \(text)"
        case .badRoot(let text):
            "line 3 of the checkpoint is the root, 32 bytes in base64, and not \(text)"
        case .wrongEmptyRoot(let root):
            "the root of an empty log is \(TreeHash.empty.base64), and not \(root.base64)"
        }
    }
}
