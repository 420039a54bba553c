import Contracts
import Encodings
import LabAPI
import Ledger
import MerkleLog
import MerkleMap
import SampleLab
import ServedLab
import Testing
import Transport

/// The ledger entry by entry, with what proves it.
@Suite struct LedgerRouteTests {
    private let lab: SampleLab
    private let server: SampleServer
    private let north: SampleMember

    init() async throws {
        var lab = try SampleLab()
        _ = try lab.prepareTraining(rounds: 1)
        try lab.settle()
        try lab.invite(3)
        lab.endBatch()
        self.lab = lab
        server = try await SampleServer(lab)
        north = try lab.member("north")
    }

    private func get(_ target: String) async throws -> Answer {
        try await server.get(target, by: north)
    }

    private func items(_ target: String) async throws -> [JSONValue] {
        try #require(try await get(target).json?["items"]?.array)
    }

    // MARK: - Entries

    @Test("Entries are paged through, each with its receipt and how certain it is")
    func entries() async throws {
        var read: [JSONValue] = []
        while true {
            let page = try await items("/v1/entries?from=\(read.count)&count=4")
            #expect(page.count <= 4)
            if page.isEmpty { break }
            read += page
        }
        let entries = try lab.entries.map { try JSONValue(parsing: $0) }
        #expect(read.map { $0["entry"] } == entries)
        #expect(read.map { $0["index"]?.integer } == entries.indices.map { Int64($0) })
        for receipt in lab.receipts {
            #expect(read[Int(receipt.index)]["receipt"] == receipt.json)
        }
        let finality = lab.sequencer.replica.finality
        #expect(finality.finalSize < finality.certifiedSize)
        #expect(
            read.map { $0["stage"] }
                == entries.indices.map { finality.stage(of: UInt64($0)).json })
        #expect(Set(read.map { $0["stage"]?.string }) == ["sequenced", "certified", "final"])
    }

    @Test("An account's movements are its receipts, without the rules that held")
    func movements() async throws {
        let path = "/v1/accounts/university/CNY/movements"
        let own = lab.receipts.filter { receipt in
            receipt.moved.contains {
                [$0.from, $0.to].map(\.description).contains("university")
            }
        }
        // Money that was issued, and what a job's start set aside.
        #expect(own.map(\.action) == ["account.issue", "job.start"])
        let read = try await items(path)
        #expect(read == own.map { $0.json.without("outcome") })
        #expect(try await items("\(path)?from=\(own[0].index + 1)") == Array(read.dropFirst()))
        #expect(try await items("/v1/accounts/nobody/CNY/movements") == [])
        #expect(
            try await items("/v1/accounts/currency:CNY/CNY/movements") == Array(read.prefix(1)))
        #expect(
            try await items("/v1/accounts/job:job-1/CNY/movements") == Array(read.dropFirst()))
        for wrong in [
            "/v1/accounts/university/EUR/movements", "/v1/accounts/university/x/movements",
        ] {
            #expect(try await get(wrong).problemCode == "unknown")
        }
    }

    @Test("Without a place, the newest entries are shown")
    func newestEntries() async throws {
        let newest = try await items("/v1/entries?count=2")
        #expect(
            newest.map { $0["index"]?.integer }
                == [Int64(lab.entries.count - 2), Int64(lab.entries.count - 1)])
        #expect(try await items("/v1/entries").count == min(50, lab.entries.count))
        #expect(try await items("/v1/entries?from=\(lab.entries.count)") == [])
        #expect(try await items("/v1/entries?from=18446744073709551615&count=1000") == [])
    }

    @Test(
        "A number that is none, or out of range, is refused and not passed over",
        arguments: [
            "from=abc", "from=-1", "from=1.0", "from=", "from=18446744073709551616", "from=%31%20",
            "count=0", "count=1001", "count=-5", "count=x", "count=99999999999999999999",
        ])
    func malformedNumbers(query: String) async throws {
        let answer = try await get("/v1/entries?\(query)")
        #expect(answer.status == 400)
        #expect(answer.problemCode == "request.malformed")
        let name = query.split(separator: "=")[0]
        #expect(answer.json?["detail"]?.string?.hasPrefix("\(name) should be") == true)
    }

    // MARK: - Receipts and proofs

    @Test("A receipt file proves its entry under the certified checkpoint, to whoever reads it")
    func inclusionReceipts() async throws {
        let certificate = try #require(lab.sequencer.certificate)
        let size = certificate.statement.head.size
        for index in 0..<size {
            let answer = try await get("/v1/receipts/\(index)")
            let receipt = try InclusionReceipt(parsing: answer.body)
            #expect(receipt.index == index)
            #expect(receipt.checkpoint == certificate)
            try receipt.proof.verify(
                leaf: .leaf(lab.entries[Int(index)]), at: index, in: certificate.statement.head)
        }
        for beyond in ["\(size)", "18446744073709551615", "18446744073709551616", "-1", "x", "%30"]
        {
            let answer = try await get("/v1/receipts/\(beyond)")
            #expect(answer.status == 404)
            #expect(answer.problemCode == "receipt.not_certified")
        }
    }

    @Test("What became of a transaction is told by its name, with its stage")
    func transactions() async throws {
        for receipt in lab.receipts {
            let answer = try await get("/v1/transactions/\(receipt.transaction)")
            let stage = lab.sequencer.replica.finality.stage(of: receipt.index)
            #expect(answer.json?["stage"] == stage.json)
            #expect(answer.json?["index"]?.integer == Int64(receipt.index))
        }
        let first = try #require(lab.receipts.first)
        #expect(
            try await get("/v1/transactions/\(first.transaction)?wait=final").json?["stage"]
                == "final")
        #expect(
            try await get("/v1/transactions/\(first.transaction)?wait=soon").problemCode
                == "request.malformed")
        let unknown = String(repeating: "0", count: 64)
        #expect(try await get("/v1/transactions/\(unknown)").problemCode == "unknown")
        #expect(try await get("/v1/transactions/north").problemCode == "request.malformed")
    }

    @Test("Whoever waits for a stage is answered before its client gives the connection up")
    func waitingIsAnswered() {
        #expect(LedgerRoutes.waitMax * 2 <= SignedClient.silenceMax)
    }

    @Test("A row of the state comes with a proof of it, and an absent one with a proof of that")
    func stateProofs() async throws {
        for (key, isThere) in [
            ("contract/north-licence", true), ("job/job-1", true), ("contract/l-9", false),
            ("", false),
            ("%C3%A9/x", false),
        ] {
            let answer = try #require(try await get("/v1/state?key=\(key)").json)
            let root = try #require(answer["stateRoot"]?.string.flatMap { MapHash(base64: $0) })
            #expect(root == lab.sequencer.publishedReplica.stateRoot)
            let proof = try MapProof(try #require(answer["proof"]))
            let name = try #require(answer["key"]?.string)
            let value = try proof.value(of: MapHash(sha256: Array(name.utf8)), under: root)
            #expect((value != nil) == isThere, "\(key)")
            let row = try #require(answer["row"])
            #expect(value == (isThere ? MapHash(sha256: row.canonicalBytes) : nil))
        }
        #expect(try await get("/v1/state").status == 400)
    }

    // MARK: - The lab

    @Test("The card is shown to any signer, and everything else to members and applicants")
    func whoMaySee() async throws {
        var lab = lab
        let applicant = try SampleMember("applicant", [.researcher])
        try lab.submit(ApplyForMembership(card: applicant.card), by: applicant)
        try lab.settle()
        let server = try await SampleServer(lab)
        let stranger = try SampleMember("stranger", [.researcher])
        #expect(try await server.get("/v1/lab", by: stranger).json?["lab"]?.string == lab.id.text)
        for list in [
            "members", "applications", "invitations", "proposals", "datasets", "licences", "jobs",
            "contracts", "documents", "contracts/north-licence/history", "models", "currencies",
            "accounts", "jobs/job-1", "state?key=lab", "entries", "receipts/0",
        ] {
            let path = "/v1/\(list)"
            #expect(try await server.get(path).problemCode == "signature.missing", "\(list)")
            #expect(
                try await server.get(path, by: stranger).problemCode == "caller.stranger", "\(list)"
            )
            for member in [applicant, try lab.member("north")] {
                #expect(try await server.get(path, by: member).status == 200, "\(list)")
            }
        }
    }

    @Test("A member that was suspended is a stranger from the next request on")
    func suspended() async throws {
        var lab = lab
        let valley = try lab.member("valley")
        try lab.submit(OpenProposal(change: .suspend(valley.id)), by: "north")
        let proposal = try #require(lab.state.members.proposals.sorted.last?.key)
        // As many as it takes: once it has passed, a vote is refused.
        for name in ["north", "south", "university", "bank", "auditor"] {
            _ = try? lab.submit(CastVote(proposal: proposal, approves: true), by: name)
        }
        lab.endBatch()
        try #require(lab.state.members[valley.id]?.status == .suspended)
        let server = try await SampleServer(lab)
        let answer = try await server.get("/v1/members", by: valley)
        #expect(answer.status == 403)
        #expect(answer.problemCode == "caller.stranger")
        #expect(try await server.get("/v1/members", by: lab.member("north")).status == 200)
    }

    @Test("Lists show what the ledger has")
    func lists() async throws {
        let names = lab.state.members.all.map { $0.id.text }
        #expect(try await items("/v1/members").map { $0["member"]?.string } == names)
        #expect(try await items("/v1/licences").count == 3)
        #expect(
            try await items("/v1/licences").allSatisfy {
                $0["licence"]?.string?.hasSuffix("-licence") == true
            })
        let labels = try await items("/v1/contracts").compactMap { $0["label"]?.string }
        #expect(labels.filter { $0 == "dataset-licence@1" }.count == 3)
        #expect(labels.contains("constitution@1"))
        #expect(try await items("/v1/invitations").count == 3)
        let job = try #require(try await get("/v1/jobs/job-1").json)
        #expect(job["job"]?["job"]?.string == "job-1")
        for unknown in ["job-2", "JOB", "%20", "a/b"] {
            #expect(try await get("/v1/jobs/\(unknown)").status == 404)
        }
    }

    // MARK: - Contracts

    @Test("A licence is shown with its parties, terms and state")
    func licences() async throws {
        let licence = try #require(
            try await items("/v1/licences").first { $0["licence"] == "north-licence" })
        #expect(licence["dataset"] == "north-data")
        #expect(licence["licensor"] == "north")
        #expect(licence["licensee"] == "university")
        #expect(licence["label"] == "dataset-licence@1")
        #expect(licence["stage"] == "active")
        #expect(licence["state"]?["rounds"] == 0)
        #expect(licence["terms"]?["maxRounds"] == 100)
        #expect(licence["terms"]?["purposes"] == ["research"])
    }

    @Test("A published document is listed, and shown with its source")
    func documents() async throws {
        let listed = try await items("/v1/documents")
        #expect(
            Set(listed.map { $0["label"]?.string }) == ["constitution@1", "dataset-licence@1"])
        let licence = listed.first { $0["label"] == "dataset-licence@1" }
        let digest = try #require(licence?["document"]?.string)
        let shown = try #require(try await get("/v1/documents/\(digest)").json)
        let source = try #require(shown["source"])
        #expect(BlobDigest(of: source.canonicalBytes).text == digest)
        #expect(shown["offer"] == ["licensee", "licensor"])
        #expect(shown["by"] == "bank")
        for unknown in [String(repeating: "0", count: 64), "none", "%20"] {
            #expect(try await get("/v1/documents/\(unknown)").status == 404)
        }
    }

    @Test("A contract's history is what changed it, the oldest first, not what only names it")
    func history() async throws {
        var lab = lab
        // Another licence's receipt that tells of the first one's row.
        try lab.submit(
            TakeContractAction(
                contract: try ContractID("south-licence"), action: "withdraw",
                parameters: ["reason": "contract/north-licence"]), by: "south")
        try lab.settle()
        let server = try await SampleServer(lab)
        func actions(_ path: String) async throws -> [JSONValue?] {
            let answer = try await server.get("/v1/contracts/\(path)", by: north)
            return try #require(answer.json?["items"]?.array).map { $0["action"] }
        }
        #expect(
            try await actions("north-licence/history") == ["contract.offer", "contract.act"])
        #expect(try await actions("north-licence/history?count=1") == ["contract.offer"])
        #expect(
            try await actions("south-licence/history")
                == ["contract.offer", "contract.act", "contract.act"])
        let all = try await server.get("/v1/contracts/south-licence/history", by: north)
        #expect(
            all.json?["items"]?.array?.map { $0["taken"]?.string } == [nil, "accept", "withdraw"])
        let first = try #require(
            lab.receipts.first { $0.action == OfferContract.name }?.index)
        #expect(
            try await actions("north-licence/history?from=\(first + 1)") == ["contract.act"])
        for unknown in ["l-9", "L", "%20"] {
            #expect(
                try await server.get("/v1/contracts/\(unknown)/history", by: north).status == 404)
        }
    }

    // MARK: - Operations

    @Test("Health is 200 while the service works and 503 with the reason when it does not")
    func health() async throws {
        var answer = try await server.get("/health")
        #expect(answer.status == 200)
        #expect(answer.json == ["status": "ok", "version": "1.2.3"])
        server.health.value = .init(isHealthy: false, status: "halted: ledger.fork")
        answer = try await server.get("/health")
        #expect(answer.status == 503)
        #expect(answer.json?["status"] == "halted: ledger.fork")
    }

    @Test("Metrics are a page of Prometheus's format")
    func metrics() async throws {
        let answer = try await server.get("/metrics")
        #expect(answer.mediaType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.text == "# HELP sample A sample.\n# TYPE sample gauge\nsample 1\n")
    }
}
