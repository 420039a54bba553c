import Contracts
import Foundation
import Storage
import Trainers

/// What a device keeps between the rounds of a job: of each job what its last update left that the
/// relay has taken.
struct DeviceStates {
    private static let jobsMax = 16

    let folder: URL

    func before(_ round: RoundID) throws -> LocalState {
        let file = place(round.job)
        guard FileManager.default.fileExists(atPath: file.path) else { return LocalState() }
        do {
            return try LocalState(parsing: Array(try Data(contentsOf: file)))
        } catch {
            throw StorageError.unusable(path: file.path, problem: "\(error)")
        }
    }

    func keep(_ state: LocalState, of round: RoundID) throws {
        guard !state.isEmpty else { return }
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try SyncedFile.replace(place(round.job).path, with: state.bytes, mode: 0o600)
        try dropOldest()
    }

    /// A device learns of no job's end.
    private func dropOldest() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: [.contentModificationDateKey])
        let dated = files.map { file in
            (
                file,
                try? file.resourceValues(forKeys: [.contentModificationDateKey])
                    .contentModificationDate
            )
        }
        for (file, _) in dated.sorted(by: { ($0.1 ?? .distantPast) > ($1.1 ?? .distantPast) })
            .dropFirst(Self.jobsMax)
        {
            try? FileManager.default.removeItem(at: file)
        }
    }

    private func place(_ job: JobID) -> URL { folder.appending(path: "\(job).safetensors") }
}
