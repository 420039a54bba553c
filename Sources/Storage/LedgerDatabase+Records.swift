package import Contracts
import Encodings
import Foundation
import GRDB
package import Identity
package import MerkleLog

// What a ledger's keeper remembers beside it.
extension LedgerDatabase {
    /// Keeps a contribution; the first one of a member to a round stays.
    package func keep(_ signed: SignedContribution) async throws {
        let contribution = signed.contribution
        let envelope = Data(signed.envelope.json.canonicalBytes)
        try await write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO contributions (job, round, member, envelope)
                    VALUES (?, ?, ?, ?)
                    """,
                arguments: [
                    contribution.round.job.text, contribution.round.number,
                    contribution.member.text, envelope,
                ])
        }
    }

    /// The contributions to a round that have been kept.
    package func contributions(to round: RoundID) throws -> [Envelope] {
        try read { database in
            try Data.fetchAll(
                database,
                sql: """
                    SELECT envelope FROM contributions WHERE job = ? AND round = ? ORDER BY member
                    """,
                arguments: [round.job.text, round.number])
        }.map { try Envelope(JSONValue(parsing: Array($0))) }
    }

    /// One value that is replaced as a whole.
    package enum Record: String, Sendable {
        /// The newest certificate.
        case certificate
        /// What the coordinator was caught at.
        case evidence
    }

    package func set(_ record: Record, to bytes: [UInt8]?) async throws {
        try await write { database in
            if let bytes {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO records (name, bytes) VALUES (?, ?)",
                    arguments: [record.rawValue, Data(bytes)])
            } else {
                try database.execute(
                    sql: "DELETE FROM records WHERE name = ?", arguments: [record.rawValue])
            }
        }
    }

    /// Writes evidence before anything else happens.
    package func keepEvidence(_ bytes: [UInt8]) throws {
        try writeAtOnce { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO records (name, bytes) VALUES (?, ?)",
                arguments: [Record.evidence.rawValue, Data(bytes)])
        }
    }

    package func get(_ record: Record) throws -> [UInt8]? {
        try read { database in
            try Data.fetchOne(
                database, sql: "SELECT bytes FROM records WHERE name = ?",
                arguments: [record.rawValue])
        }.map { Array($0) }
    }

    package func certificate() throws -> UnverifiedCheckpoint? {
        try get(.certificate).map { try UnverifiedCheckpoint(parsing: $0) }
    }
}
