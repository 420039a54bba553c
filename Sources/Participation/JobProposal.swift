package import Contracts
import Encodings
package import Learning
package import Trainers

extension JobPlan {
    /// Statistics, so many rounds of training, and a last look at the result.
    package static func training(rounds: Int) -> JobPlan {
        JobPlan([
            .init(task: .statistics, rounds: 1), .init(task: .train, rounds: rounds),
            .init(task: .evaluate, rounds: 1),
        ])
    }
}

extension MemberSession {
    /// The schemas of the datasets that some licences are on.
    private func schemas(of licences: [LicenceID]) async throws -> [DatasetSchema] {
        let all = try await get("/v1/licences")["items"]?.array ?? []
        let datasets = try await get("/v1/datasets")["items"]?.array ?? []
        return try licences.map { id in
            guard let licence = all.first(where: { $0["licence"]?.string == id.text }) else {
                throw Mistake("there is no licence \(id) in this lab")
            }
            let name = licence["dataset"]?.string
            guard let dataset = datasets.first(where: { $0["dataset"]?.string == name }),
                let json = dataset["schema"]
            else { throw Mistake("the dataset of \(id) is not registered") }
            do {
                return try DatasetSchema(json: json)
            } catch {
                throw Mistake("the schema of \(name ?? "") cannot be used: \(error)")
            }
        }
    }

    /// A design's settings for the datasets of some licences: the features that they have in common,
    /// and the target that they agree on.
    package func trainer(
        _ design: JobDesign, on licences: [LicenceID]
    ) async throws -> JobTrainer {
        let schemas = try await schemas(of: licences)
        if let place = schemas.firstIndex(where: { $0.files != nil }) {
            throw Mistake(
                "the dataset of \(licences[place]) is a folder of files, which no built-in trainer "
                    + "reads; bring a bundle whose inputs are of the kind files (--bundle)")
        }
        let target =
            [KMeansSettings.kind, StatisticsSettings.kind].contains(design.kind)
            ? .nothing
            : try Target(commonTo: zip(licences, schemas.map(\.target)).map { ($0, $1) })
        return try design.trainer(layout: FeatureLayout(commonTo: schemas), target: target)
    }

    /// What a bundle is shown of the datasets of some licences, and what it is to predict.
    ///
    /// - Parameter readsFiles: Whether its inputs are files; a layout is of a table.
    package func dataView(
        on licences: [LicenceID], readsFiles: Bool
    ) async throws -> (layout: FeatureLayout?, target: Target) {
        let schemas = try await schemas(of: licences)
        for (licence, schema) in zip(licences, schemas) where (schema.files != nil) != readsFiles {
            throw Mistake(
                readsFiles
                    ? "the bundle reads files, and the dataset of \(licence) is a table"
                    : "the dataset of \(licence) is a folder of files, and the bundle reads a table"
            )
        }
        return (
            readsFiles ? nil : try FeatureLayout(commonTo: schemas),
            try Target(commonTo: zip(licences, schemas.map(\.target)).map { ($0, $1) })
        )
    }

    /// A design's settings for a model that is there already: it reads and predicts what it did.
    package func trainer(
        _ design: JobDesign, goingOnFrom version: ModelVersionID
    ) async throws -> JobTrainer {
        let job = try await self.version(version)["job"]?.string ?? ""
        let earlier = try JobTrainer(
            try await get("/v1/jobs/\(job)")["job"]?["trainer"] ?? .null)
        guard let layout = earlier.layout else {
            throw Mistake("\(version) was trained on files; go on with its bundle")
        }
        let trainer = try design.trainer(layout: layout, target: earlier.target)
        guard trainer.isSameModel(as: earlier) else {
            throw Mistake(
                "\(version) is a model of \(earlier.text); go on with the same trainer and hidden "
                    + "layers")
        }
        return trainer
    }

    /// The features that the datasets of some licences have in common.
    package func layout(of licences: [LicenceID]) async throws -> FeatureLayout {
        try FeatureLayout(commonTo: try await schemas(of: licences))
    }

    /// The label that the datasets of some licences agree on.
    package func label(of licences: [LicenceID]) async throws -> LabelRule {
        let labels = try await schemas(of: licences).map(\.label)
        return try LabelRule(
            commonTo: zip(licences, labels).map { id, label in
                guard let label else {
                    throw Mistake("the dataset of \(id) is registered without a label")
                }
                return label
            })
    }
}

extension Target {
    /// What all datasets are registered to predict.
    package init(commonTo targets: [(licence: LicenceID, target: Target)]) throws {
        guard let first = targets.first else { throw Mistake("name a licence") }
        var labels: [LabelRule] = []
        var classes: [ClassTarget] = []
        for (licence, target) in targets {
            switch target {
            case .label(let rule): labels.append(rule)
            case .classes(let own): classes.append(own)
            case .number where target == first.target: break
            case .number: throw Mistake("the datasets have different numbers to predict")
            case .nothing: throw Mistake("the dataset of \(licence) is registered without a label")
            }
        }
        switch first.target {
        case .label where labels.count == targets.count:
            self = .label(try LabelRule(commonTo: labels))
        case .classes where classes.count == targets.count:
            guard let common = ClassTarget(commonTo: classes) else {
                throw Mistake("the datasets have their classes in different columns")
            }
            self = .classes(common)
        case .number where labels.isEmpty && classes.isEmpty: self = first.target
        default:
            throw Mistake(
                "some of the datasets are registered to predict \(first.target.text), and others "
                    + "something else")
        }
    }
}

extension LabelRule {
    /// The rule that holds for all datasets: the same column, and no value that is positive in one
    /// and negative in another.
    package init(commonTo rules: [LabelRule]) throws {
        guard let first = rules.first else { throw Mistake("name a licence") }
        guard rules.allSatisfy({ $0.column == first.column }) else {
            let columns = Set(rules.map(\.column)).sorted().joined(separator: ", ")
            throw Mistake("the datasets have different labels: \(columns)")
        }
        var positives: Set<String> = []
        var negatives: Set<String> = []
        for rule in rules {
            guard case .listed(let positive, let negative) = rule.classes else {
                guard rules.allSatisfy({ $0.classes == first.classes }) else {
                    throw Mistake("the datasets have different rules for their labels")
                }
                self = first
                return
            }
            positives.formUnion(positive)
            negatives.formUnion(negative)
        }
        guard positives.isDisjoint(with: negatives) else {
            let both = positives.intersection(negatives).sorted().joined(separator: ", ")
            throw Mistake(
                "\(first.column) \(both) is positive in one dataset and negative in another")
        }
        self.init(
            column: first.column,
            classes: .listed(
                positive: positives.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
                negative: negatives.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }))
    }
}
