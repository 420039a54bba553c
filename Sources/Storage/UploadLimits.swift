package import Contracts

/// How much members may leave with a coordinator that nothing on the ledger names.
package struct UploadLimits: Hashable, Sendable {
    /// A blob has at most so many bytes.
    package var blobBytesMax = 4 << 30
    /// What a member has sent of unfinished blobs, and finished ones that the ledger does not name.
    package var memberBytesMax = 16 << 30
    /// A member may have so many uploads unfinished at a time.
    package var partialsMax = 64
    /// An unfinished upload that nobody goes on with is given up after so long.
    package var partialLifetimeSeconds = BlobStore.partialLifetimeSeconds
    /// A blob that the ledger does not come to name is given up after so long.
    package var unnamedLifetimeSeconds = 7 * 86_400.0

    package init() {}
}

/// Why a member's bytes are not taken.
package enum UploadRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int, max: Int)
    case quota(member: MemberID, bytes: Int, used: Int, max: Int)
    case tooMany(member: MemberID, max: Int)
    /// The upload is elsewhere, and to be taken up there.
    case wrongOffset(offset: Int, expected: Int)
    /// More bytes came than were announced, or the upload is longer than it is said to be.
    case wrongLength(bytes: Int, announced: Int)
    /// The member has begun to send the same blob over another connection.
    case superseded
    case wrongPiece
    case wrongBlob(expected: BlobDigest, found: String)

    package var description: String {
        switch self {
        case .tooLarge(let bytes, let max):
            "the blob has \(bytes) bytes, and one of at most \(max) is taken here"
        case .quota(let member, let bytes, let used, let max):
            "\(member) has \(used) of \(max) bytes here that the ledger does not name, and \(bytes) "
                + "more do not fit; delete unfinished uploads, or wait until what was sent is "
                + "sealed or given up"
        case .tooMany(let member, let max):
            "\(member) has \(max) unfinished uploads, as many as are allowed; finish or delete one"
        case .wrongOffset(let offset, let expected):
            "the upload stands at \(expected), and these bytes begin at \(offset); go on from there"
        case .wrongLength(let bytes, let announced):
            "\(announced) bytes were announced, and \(bytes) came"
        case .superseded:
            "the same blob is being sent over another connection; ask how far it is, and go on"
        case .wrongPiece:
            "the bytes are not those whose digest was signed; nothing of them was kept"
        case .wrongBlob(let expected, let found):
            "what was sent has the SHA-256 \(found), and \(expected) was announced; nothing of it "
                + "was kept"
        }
    }
}
