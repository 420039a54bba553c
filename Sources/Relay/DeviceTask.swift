package import Contracts
package import Encodings
package import Ledger
package import MerkleLog
package import MerkleMap

/// What a relay sends a device: the rows of the job and of its open round in the lab's state, with
/// what shows to somebody without a copy of the ledger that they stand there.
///
/// A row rather than the `round.open` entry: an entry that the rules refuse stands on the ledger too,
/// and its inclusion shows nothing of whether it applies. The row is there only if every member that
/// cosigned has executed the opening and every licence allowed it, and it names its entry.
package struct DeviceTask: Hashable, Sendable {
    /// A row of the authenticated state with its way up to the root.
    package struct ProvenRow: Hashable, Sendable {
        package let row: JSONValue
        package let proof: MapProof

        package init(row: JSONValue, proof: MapProof) {
            self.row = row
            self.proof = proof
        }

        var json: JSONValue { ["row": row, "proof": proof.json] }

        init(_ fields: inout JSONFields) throws(JSONShapeError) {
            row = try fields.required("row")
            proof = try MapProof(try fields.required("proof"), at: fields.path(to: "proof"))
            try fields.finish()
        }
    }

    /// The entry that holds the state's root, of a batch's end.
    package let stateEntry: [UInt8]
    /// Shows that a quorum has cosigned a tree with that entry.
    package let receipt: InclusionReceipt
    package let job: ProvenRow
    package let round: ProvenRow

    package init(
        stateEntry: [UInt8], receipt: InclusionReceipt, job: ProvenRow, round: ProvenRow
    ) {
        self.stateEntry = stateEntry
        self.receipt = receipt
        self.job = job
        self.round = round
    }

    /// A round's rows as they stand in the lab's state at the end of one batch; with a certificate of
    /// that batch they make a task.
    package struct ProvenRows: Sendable {
        let job: ProvenRow
        let round: ProvenRow

        /// - Parameter replica: As it is at the end of a batch, behind its state entry.
        /// - Returns: `nil` where the ledger has no such round.
        package init?(_ round: RoundID, in replica: Replica) {
            guard let job = replica.state.jobs[round.job], let row = replica.state.jobs[round]
            else { return nil }
            self.job = ProvenRow(
                row: job.json, proof: replica.stateProof(of: DeviceTask.key(of: round.job)))
            self.round = ProvenRow(
                row: row.json, proof: replica.stateProof(of: DeviceTask.key(of: round)))
        }
    }

    /// - Parameters:
    ///   - rows: As they stand at the end of a batch.
    ///   - stateEntry: The entry that ends that batch.
    ///   - receipt: Of that entry, with a certified checkpoint.
    package init(_ rows: ProvenRows, stateEntry: [UInt8], receipt: InclusionReceipt) {
        self.init(stateEntry: stateEntry, receipt: receipt, job: rows.job, round: rows.round)
    }

    /// How long the ledger is that it claims to be from.
    package var size: UInt64 { receipt.checkpoint.statement.head.size }

    /// Which round it says it is of; nothing of it is checked.
    package var claimedRound: RoundID? {
        guard var fields = try? JSONFields(round.row) else { return nil }
        return try? fields.round()
    }

    static func key(of job: JobID) -> String { "job/\(job)" }
    static func key(of round: RoundID) -> String { "round/\(round)" }

    package var json: JSONValue {
        [
            "stateEntry": .string(Base64.encode(stateEntry)),
            "receipt": .string(receipt.description), "job": job.json, "round": round.json,
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        stateEntry = try fields.bytes("stateEntry")
        let text = Array(try fields.string("receipt").utf8)
        do {
            receipt = try InclusionReceipt(parsing: text)
        } catch {
            throw fields.wrong("receipt", "is none: \(error)")
        }
        var job = try fields.fields("job")
        self.job = try ProvenRow(&job)
        var round = try fields.fields("round")
        self.round = try ProvenRow(&round)
        try fields.finish()
    }
}
