import Contracts
import Federation
import Storage
import Synchronization
import Trainers
import Transport

/// Adds up what members contribute: ahead, where they have announced it, or once the seal is final.
final class RoundSums: Sendable {
    private let uploads: BlobUploads
    private struct State {
        var ahead: [RoundID: RunningSum] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    private var blobs: BlobStore { uploads.store }

    init(_ uploads: BlobUploads) {
        self.uploads = uploads
    }

    /// Checks an update that has been uploaded. One that cannot be added up would undo the work of all:
    /// it is not taken.
    ///
    /// - Throws: `Problem`.
    func check(_ contribution: Contribution, to round: Round, of job: Job) async throws {
        do {
            try await withTaskExecutorPreference(DiskThreads.shared) {
                try RoundAggregation(of: job).check(
                    contribution, to: round.task, base: round.base, file: blobs.tensors)
            }
        } catch let error as AggregationError {
            throw Problem(
                status: 422, code: "contribution.update_unusable", detail: error.description)
        }
    }

    /// Begins to add these up as they come, in the place of what was begun for the round.
    func begin(_ round: Round, of job: Job, lab: LabID, _ updates: [AnnouncedUpdate]) {
        state.withLock { state -> RunningSum? in
            guard !state.isClosed else { return nil }
            let sum = RunningSum(of: updates, in: round, of: job, lab: lab, uploads)
            return state.ahead.updateValue(sum, forKey: round.id)
        }?.discard()
    }

    /// What becomes of a round's sealed contributions.
    ///
    /// - Returns: And whether they were added up while they came.
    /// - Throws: `AggregationError`, or `StorageError`.
    func result(of round: Round, of job: Job) async throws -> (RoundResult, isAhead: Bool) {
        let sum = state.withLock { $0.ahead.removeValue(forKey: round.id) }
        defer { releaseCaches(of: round) }
        if let sum, sum.updates == round.contributions.map(AnnouncedUpdate.init) {
            // What went wrong may have been in what came first under a name; what is sealed is in the
            // store, and whatever is wrong with that is said as it is without a sum ahead.
            if let result = try? await sum.result() { return (result, true) }
        } else {
            sum?.discard()
        }
        let result = try await withTaskExecutorPreference(DiskThreads.shared) {
            try RoundAggregation(of: job).result(
                of: round.task, base: round.base, state: round.strategyState,
                contributions: round.contributions, file: blobs.tensors, sink: blobs.writer)
        }
        return (result, false)
    }

    /// Nobody reads these soon: what is asked for now is the next model.
    private func releaseCaches(of round: Round) {
        for spent in round.contributions.map(\.update) + [round.base].compactMap(\.self) {
            try? blobs.open(spent).releaseCache()
        }
    }

    /// Gives up the sums of rounds that have come to nothing.
    func keep(where isUnderWay: (RoundID) -> Bool) {
        let given = state.withLock { state in
            let given = state.ahead.filter { !isUnderWay($0.key) }
            for id in given.keys { state.ahead[id] = nil }
            return given.values
        }
        for sum in given { sum.discard() }
    }

    /// Gives all of them up, and begins no more.
    func close() {
        state.withLock { $0.isClosed = true }
        keep { _ in false }
    }
}
