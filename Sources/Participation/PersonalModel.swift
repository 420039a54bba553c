package import Contracts
import Encodings
import Memory
import Node
import Tensors
import Trainers

extension MemberSession {
    /// The model of its own that a job with Ditto has made on this member's rows, which never left its
    /// node.
    ///
    /// - Returns: The file, in the form of the job's other models, and the last round that counts in it.
    /// - Throws: ``Mistake`` where there is none.
    package func personalModel(of job: JobID) async throws -> (file: [UInt8], round: RoundID) {
        let rounds = try await get("/v1/jobs/\(job)")["rounds"]?.array ?? []
        let counted = rounds.filter { $0["task"] == "train" }.flatMap { round -> [Int] in
            let own = (round["contributions"]?.array ?? []).filter {
                $0["member"]?.string == card.member.text
            }
            return own.compactMap { ($0["startedIn"] ?? round["round"])?.integer.map { Int($0) } }
        }
        guard
            let (round, state) = try LocalStates(folder: home.jobs)
                .newest(of: job, among: Set(counted)), !state.personal.isEmpty,
            let base = rounds.first(where: { $0["round"]?.integer == Int64(round.number) })?[
                "base"]?
                .string.flatMap({ BlobDigest($0) })
        else {
            throw Mistake(
                "\(job) has left no model of its own here; a job with the strategy ditto does, on the "
                    + "node of a data owner whose update has counted")
        }
        let model = try ModelParameters(SafetensorsFile(FileBytes(try await download(base))))
        return (try model.file(with: state.personal), round)
    }
}
