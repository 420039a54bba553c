import ContractLanguage
import Contracts
import Trainers

extension LabState {
    /// Everything in the blob store that an entry of the ledger names.
    var namedBlobs: Set<BlobDigest> {
        var digests: Set<BlobDigest> = []
        for model in models.all {
            digests.formUnion(models.versions(of: model).map(\.weights))
        }
        for job in jobs.all {
            let bundle = (try? BundleSettings(job.trainer))?.digest
            digests.formUnion([job.weights, job.strategyState, bundle].compactMap(\.self))
            for round in jobs.rounds(of: job) {
                digests.formUnion(
                    [round.base, round.strategyState, round.result, round.nextStrategyState]
                        .compactMap(\.self))
                digests.formUnion(round.contributions.map(\.update))
            }
        }
        for published in agreements.allDocuments {
            digests.formUnion(published.document.prose.compactMap { BlobDigest($0.reference) })
        }
        return digests
    }
}
