import Bundles
import Contracts
import Encodings
import Foundation
import Node
import SampleLab
import ServedLab
import Storage
import Testing

@Suite struct TrainerApprovalTests {
    private let folder: TemporaryFolder
    private let approvals: TrainerApprovals

    init() throws {
        folder = try TemporaryFolder()
        approvals = TrainerApprovals(of: NodeHome(folder.file("north")))
    }

    @Test("An approved bundle runs until it is withdrawn, and no other does")
    func approval() throws {
        let (first, second) = (
            try SampleBundle.archive(version: "1"), try SampleBundle.archive(version: "2")
        )
        #expect(try approvals.all().isEmpty)
        let approval = try approvals.approve(first, at: Timestamp(milliseconds: 1))
        #expect(approval.digest.text == first.digest)
        #expect(try approvals.inForce(approval.digest) == approval)
        #expect(try approvals.archive(approval.digest) == first)
        let other = try #require(BlobDigest(second.digest))
        #expect(try approvals.inForce(other) == nil)
        #expect(try approvals.last(named: "mean", but: other) == first)

        let withdrawn = try approvals.withdraw(approval.digest, at: Timestamp(milliseconds: 2))
        #expect(withdrawn.withdrawn == Timestamp(milliseconds: 2))
        #expect(try approvals.inForce(approval.digest) == nil)
        #expect(try approvals.all() == [withdrawn])
        #expect(throws: StorageError.self) {
            try approvals.withdraw(approval.digest, at: Timestamp(milliseconds: 3))
        }
        _ = try approvals.approve(first, at: Timestamp(milliseconds: 4))
        #expect(try approvals.inForce(approval.digest) != nil)
    }

    @Test("An archive that was changed by a byte after its approval is not used")
    func changedArchive() throws {
        let digest = try approvals.approve(
            SampleBundle.archive(version: "1"), at: Timestamp(milliseconds: 1)
        ).digest
        let file = folder.file("north").appending(path: "trainers/\(digest).tar")
        var bytes = try Data(contentsOf: file)
        bytes[600] ^= 1
        try bytes.write(to: file)
        let error = #expect(throws: StorageError.self) { try approvals.archive(digest) }
        #expect(error.map { "\($0)".contains("it was changed") } == true)
    }
}
