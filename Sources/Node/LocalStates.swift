package import Contracts
package import Foundation
import Storage
package import Trainers

/// What this node keeps between the rounds of a job and tells nobody, a file for each of the last
/// rounds: what an update left counts only once the update does, and a round that is trained again,
/// after a restart say, starts from what the last counted one left.
package struct LocalStates {
    /// Of rounds that are not counted so far, and may still be, where no late update is taken.
    private static let uncountedMax = 8

    private let folder: URL

    /// - Parameter folder: ``NodeHome/jobs``.
    package init(folder: URL) { self.folder = folder }

    /// What the newest round before this one has left whose update was counted.
    ///
    /// - Parameter isCounted: What the ledger says of a round's update.
    /// - Throws: `StorageError` for a file that cannot be read.
    func before(
        _ round: RoundID, isCounted: (RoundID) async -> Bool
    ) async throws -> LocalState {
        let numbers = try numbers(of: round.job)
        for number in numbers.reversed() where number < round.number {
            let earlier = RoundID(job: round.job, number: number)
            guard await isCounted(earlier) else { continue }
            remove(numbers.filter { $0 < number }, of: round.job)
            return try state(of: earlier)
        }
        return LocalState()
    }

    /// What the newest of some rounds has left.
    ///
    /// - Returns: `nil` where none of them has left anything.
    /// - Throws: `StorageError` for a file that cannot be read.
    package func newest(
        of job: JobID, among counted: Set<Int>
    ) throws -> (round: RoundID, state: LocalState)? {
        guard let number = try numbers(of: job).last(where: counted.contains) else { return nil }
        let round = RoundID(job: job, number: number)
        return (round, try state(of: round))
    }

    private func state(of round: RoundID) throws -> LocalState {
        let file = place(round)
        do {
            return try LocalState(parsing: Array(try Data(contentsOf: file)))
        } catch {
            throw StorageError.unusable(path: file.path, problem: "\(error)")
        }
    }

    /// - Parameter lateRoundsMax: How many rounds late the update may count.
    /// - Throws: `StorageError` where it cannot be written.
    func keep(_ state: LocalState, of round: RoundID, lateRoundsMax: Int = 0) throws {
        guard !state.isEmpty else { return }
        try FileManager.default.createDirectory(
            at: folder(of: round.job), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try SyncedFile.replace(place(round).path, with: state.bytes, mode: 0o600)
        // The first may be the last that was counted: however many are not, it stays.
        let uncounted = max(Self.uncountedMax, lateRoundsMax + 1)
        remove(try numbers(of: round.job).dropFirst().dropLast(uncounted), of: round.job)
    }

    private func remove(_ numbers: some Sequence<Int>, of job: JobID) {
        for number in numbers {
            try? FileManager.default.removeItem(at: place(RoundID(job: job, number: number)))
        }
    }

    private func folder(of job: JobID) -> URL {
        folder.appending(path: job.text, directoryHint: .isDirectory)
    }

    private func place(_ round: RoundID) -> URL {
        folder(of: round.job).appending(path: "\(round.number).safetensors")
    }

    /// The rounds of which there is something, in order.
    private func numbers(of job: JobID) throws -> [Int] {
        let folder = folder(of: job)
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .compactMap { $0.hasSuffix(".safetensors") ? Int($0.dropLast(12)) : nil }.sorted()
    }
}
