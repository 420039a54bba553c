import ContractLanguage
import ContractLibrary
import Contracts
import Coordinator
import Encodings
import Identity
import SampleLab
import ServedLab
import Testing
import Transport

@Suite struct DocumentChecksTests {
    /// A document with a stage that nothing leads to.
    private func bad() throws -> ContractDocument {
        let source = try LibraryDocument.datasetLicence.published().source
        var object = try #require(source.object)
        object["stages"] = .array((object["stages"]?.array ?? []) + ["nowhere"])
        return try ContractDocument(.object(object))
    }

    @Test("Whoever sends one bad document after the other is put off before the next is checked")
    func putOff() async throws {
        let folder = try TemporaryFolder()
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: []) { served in
            var lab = served.lab
            let (north, south) = (try lab.member("north"), try lab.member("south"))
            let document = try bad()
            for _ in 0..<DocumentChecks.refusedMax {
                let envelope = lab.envelope(
                    PublishDocument(document: document), by: north, validFor: 3_000_000)
                let refusal = await #expect(throws: Refusal.self) {
                    _ = try await served.coordinator.submit(envelope)
                }
                #expect(refusal?.code == .contractInvalid)
            }
            let change = Proposal.Change.replaceConstitution(document, Rules())
            for action in [
                PublishDocument(document: document), OpenProposal(change: change),
            ] as [any LabAction] {
                let envelope = lab.envelope(action, by: north, validFor: 3_000_000)
                let problem = await #expect(throws: Problem.self) {
                    _ = try await served.coordinator.submit(envelope)
                }
                #expect(problem?.code == "contract.checks")
                #expect(problem?.status == 429)
            }
            // It can do everything else, and others are not put off.
            let envelope = lab.envelope(
                PublishDocument(document: document), by: south, validFor: 3_000_000)
            await #expect(throws: Refusal.self) {
                _ = try await served.coordinator.submit(envelope)
            }
        }
    }

    @Test("After an hour the count begins anew, and other refusals are not counted")
    func window() throws {
        var lab = try SampleLab()
        var checks = DocumentChecks()
        let transaction = try Transaction(
            payload: lab.envelope(
                PublishDocument(document: bad()), by: lab.member("north")
            ).payload)
        let invalid = Refusal(.contractInvalid, rule: "the document is good", saw: ["x": "y"])
        for _ in 0..<DocumentChecks.refusedMax {
            try checks.requireRoom(for: transaction, at: lab.now)
            checks.note(Refusal(.limit, rule: "x", saw: ["x": "y"]), of: transaction, at: lab.now)
        }
        for _ in 0..<DocumentChecks.refusedMax {
            try checks.requireRoom(for: transaction, at: lab.now)
            checks.note(invalid, of: transaction, at: lab.now)
        }
        #expect(throws: Problem.self) { try checks.requireRoom(for: transaction, at: lab.now) }
        let later = lab.now.advanced(byMilliseconds: 3_600_000)
        try checks.requireRoom(for: transaction, at: later)
        checks.note(invalid, of: transaction, at: later)
        try checks.requireRoom(for: transaction, at: later)
    }
}
