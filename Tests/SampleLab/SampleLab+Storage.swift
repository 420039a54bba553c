import Ledger
import MerkleLog
package import Storage

extension SampleLab {
    /// Writes the batches that a store lacks, and the newest certificate.
    package func store(in database: LedgerDatabase) async throws {
        let size = try database.size()
        for batch in batches where batch.batch.start >= size {
            try await database.append(batch)
        }
        if let certificate = sequencer.certificate {
            try await database.set(.certificate, to: certificate.bytes)
        }
    }
}
