import Contracts
import Encodings
import Foundation
import Identity
import LabFixture
import Ledger
import Participation
import Synchronization
import Transport

/// A member that pays a little again and again, whatever happens to the coordinator meanwhile, and
/// remembers what it was told.
///
/// Each payment is signed once, and sent until there is an answer to it: a careful client over a bad
/// connection.
final class Payer: Sendable {
    struct Record: Sendable {
        /// What the coordinator has acknowledged: each payment with its place on the ledger.
        var acknowledged: [TransactionID: UInt64] = [:]
        /// Payments whose first answer was lost: the coordinator says that it has them.
        var repeated: Set<TransactionID> = []
    }

    private let isDone = Mutex(false)

    /// Sees the present payment through, and makes no more.
    func finish() {
        isDone.withLock { $0 = true }
    }

    func run(in processes: ProcessLab) async throws -> Record {
        let session = try processes.member(TrainingLab.university)
        let office = try processes.member(TrainingLab.office).id
        guard let currency = CurrencyCode("CNY") else { preconditionFailure("CNY is a code") }
        var record = Record()
        while !isDone.withLock(\.self) {
            let payment = try session.signed(
                TransferMoney(amount: Money(1, currency), to: office))
            try await eventually("a payment is answered") {
                try await Self.send(payment, session, &record)
            }
        }
        return record
    }

    /// - Returns: Whether there was an answer.
    private static func send(
        _ payment: Envelope, _ session: MemberSession, _ record: inout Record
    ) async throws -> Bool {
        let id = TransactionID(of: payment)
        do {
            let receipt = try await session.coordinator.post("/v1/transactions", payment.json)
            record.acknowledged[id] = receipt["index"]?.integer.map { UInt64($0) }
            return true
        } catch is ConnectionFailure {
            return false
        } catch let problem as Problem where problem.code == "transaction.replayed" {
            record.repeated.insert(id)
            return true
        }
    }
}
