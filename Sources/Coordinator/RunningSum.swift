import Contracts
import Federation
import Foundation
import Storage
import Synchronization
import Tensors
import Trainers

/// A round's sum that is made while its updates are on their way, on a thread of its own: it waits for
/// bytes, for as long as a member takes to send them.
///
/// The result is put in its place only when it is asked for; one that nobody asks for leaves nothing.
final class RunningSum: Sendable {
    private struct Discarded: Error {}

    private typealias Answer = CheckedContinuation<RoundResult, any Error>

    private struct State {
        var outcome: Result<RoundResult, any Error>?
        var answer: Answer?
    }

    /// What is added up, in the order of the members' names.
    let updates: [AnnouncedUpdate]
    private let uploads: BlobUploads
    private let arriving: [(member: MemberID, blob: ArrivingBlob)]
    private let verdict = Verdict()
    private let state = Mutex(State())

    /// Begins.
    init(
        of updates: [AnnouncedUpdate], in round: Round, of job: Job, lab: LabID,
        _ uploads: BlobUploads
    ) {
        self.updates = updates
        self.uploads = uploads
        arriving = updates.map { ($0.member, uploads.arriving($0.update, from: $0.member)) }
        let thread = Thread {
            self.end(Result { try self.sum(round, of: job, lab: lab) })
        }
        thread.name = "sum of \(round.id)"
        thread.start()
    }

    private func sum(_ round: Round, of job: Job, lab: LabID) throws -> RoundResult {
        let store = uploads.store
        return try RoundAggregation(of: job).result(
            of: round.task, base: round.base, state: round.strategyState,
            contributions: updates.map { $0.contribution(in: lab) },
            file: { digest in
                guard let coming = arriving.first(where: { $0.blob.digest == digest }) else {
                    return try store.tensors(digest)
                }
                return try SafetensorsFile(
                    coming.blob.bytes(), headerByteCountMax: RoundAggregation.headerBytesMax)
            },
            sink: { HeldSink(writer: try store.writer(), verdict: verdict) })
    }

    private func end(_ outcome: Result<RoundResult, any Error>) {
        for coming in arriving { uploads.forget(coming.blob, from: coming.member) }
        let answer = state.withLock { state in
            state.outcome = outcome
            return state.answer
        }
        answer?.resume(with: outcome)
    }

    /// The result, now that these updates have been sealed and are all in the store.
    ///
    /// - Throws: Why there is none; it can be made anew.
    func result() async throws -> RoundResult {
        for coming in arriving { coming.blob.isInStore() }
        guard arriving.allSatisfy(\.blob.hasArrived) else {
            discard()
            throw Discarded()
        }
        verdict.give(isWanted: true)
        return try await withCheckedThrowingContinuation { answer in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.answer = answer }
                return state.outcome
            }
            if let outcome { answer.resume(with: outcome) }
        }
    }

    /// Ends it without a result.
    func discard() {
        verdict.give(isWanted: false)
        for coming in arriving { coming.blob.cancel() }
    }

    /// Keeps a result back until it is known whether it is wanted.
    private struct HeldSink: ResultSink, ~Copyable {
        var writer: BlobWriter
        let verdict: Verdict

        mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
            guard !verdict.isUnwanted else { throw Discarded() }
            try writer.write(bytes)
        }

        consuming func finish() throws -> BlobDigest {
            guard verdict.wait() else { throw Discarded() }
            return try writer.finish(expecting: nil)
        }
    }

    /// Given once; the thread that makes the sum waits for it.
    private final class Verdict: @unchecked Sendable {
        // Belongs to whoever has locked the condition.
        private var isWanted: Bool?
        private let condition = NSCondition()

        var isUnwanted: Bool {
            condition.lock()
            defer { condition.unlock() }
            return isWanted == false
        }

        func give(isWanted: Bool) {
            condition.lock()
            self.isWanted = self.isWanted ?? isWanted
            condition.broadcast()
            condition.unlock()
        }

        func wait() -> Bool {
            condition.lock()
            defer { condition.unlock() }
            while true {
                if let isWanted { return isWanted }
                condition.wait()
            }
        }
    }
}
