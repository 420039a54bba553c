import Contracts
import Coordinator
import Encodings
import Foundation
import LabAPI
import Learning
import Ledger
import Node
import Participation
import Storage
import Trainers
import Transport

/// Steps 5 and 6: a model is trained, validated and released; and compared at the end.
extension QuickstartStory {
    var licences: [LicenceID] {
        get throws { try data.trainers.map { try LicenceID("\($0.name)-licence") } }
    }

    func train(_ lab: inout QuickstartLab) async throws -> LogisticSettings {
        heading(5, "Its job trains a logistic regression by FedAvg, \(rounds) rounds", lab)
        command("job propose; job start; job watch")
        let session = try lab.session(Self.university)
        try await propose("job-1", lab)
        let settings = try await settings(session)
        _ = try await session.submit(StartJob(job: try JobID("job-1")))
        say(
            "   loss and AUC are those of the model that a round starts from, on each site's holdout"
        )
        let end = try await session.watch(try JobID("job-1"), line: { say("   \($0)") })
        guard end == .complete else {
            throw LabProcesses.Failure(description: "the job was abandoned")
        }
        return settings
    }

    func propose(_ job: String, _ lab: QuickstartLab) async throws {
        let session = try lab.session(Self.university)
        try await wait {
            let known = try await session.get("/v1/licences")["items"]?.array ?? []
            return known.count { $0["stage"]?.string != "offered" } >= data.trainers.count
        }
        let settings = try await settings(session)
        _ = try await session.submit(
            ProposeJob(
                job: try JobID(job), model: try ModelID("tumour"), purpose: "research",
                licences: try licences, trainer: settings.json, plan: .training(rounds: rounds),
                participantsMin: data.trainers.count, roundTimeoutMilliseconds: 30_000),
            until: .final)
    }

    /// What all sites can train together: the features that they have in common.
    func settings(_ session: MemberSession) async throws -> LogisticSettings {
        let licences = try licences
        let layout = try await session.layout(of: licences)
        let label = try await session.label(of: licences)
        return LogisticSettings(layout: layout, label: label, training: training)
    }

    func releaseModel(_ lab: inout QuickstartLab) async throws -> LogisticModel {
        heading(
            6,
            "The version is registered, validated by \(data.validator.name) on its own data, released",
            lab)
        command("model register; model validate --file …; model release")
        let university = try lab.session(Self.university)
        let receipt = try await university.register(try JobID("job-1"), until: .final)
        let version = ModelVersionID(model: try ModelID("tumour"), number: 1)
        say(
            "   registered tumour/1 with its lineage: entry \(receipt.shown("index")), "
                + "\(receipt.shown("stage"))")
        try await waitForVersion(version, lab)
        let validator = try lab.session(data.validator.name)
        let (metrics, _) = try await validator.validate(
            version, file: data.validator.file, acceptance: Acceptance(aucMin: 0.5), until: .final)
        say(
            "   \(data.validator.name), which had no part in it, finds on its \(metrics.count) rows:"
        )
        for line in MetricsView.text(metrics).split(separator: "\n") { say("     \(line)") }
        let released = try await university.submit(
            ReleaseModelVersion(version: version), until: .final)
        say("   tumour/1 is released: entry \(released.shown("index")), \(released.shown("stage"))")
        return try LogisticModel(parsing: try await university.weights(of: version))
    }

    func waitForVersion(_ version: ModelVersionID, _ lab: QuickstartLab) async throws {
        for name in [data.validator.name, Self.university] {
            let session = try lab.session(name)
            try await wait { (try? await session.version(version)) != nil }
        }
    }

    func compare(
        _ lab: QuickstartLab, datasets: [OwnedDataset], settings: LogisticSettings,
        model: LogisticModel
    ) throws {
        say(
            "\nThe federated model beside what each site could do alone, and what pooling all data would do"
        )
        say("(area under the ROC curve; trained and judged in this run)")
        let references = try ReferenceModels(
            sites: datasets, names: data.trainers.map(\.name), validatorFile: data.validator.file,
            settings: settings, model: model, rounds: rounds)
        let columns =
            data.trainers.map { "holdout \($0.name)" } + ["all holdouts", data.validator.name]
        var grid = TextGrid([.init("model")] + columns.map { .init($0, .right) })
        for row in try references.rows(federated: model) {
            grid.add([row.name] + row.areas.map { $0.map { decimals($0, 4) } ?? "-" })
        }
        grid.lines.forEach { say("   \($0)") }
    }
}
