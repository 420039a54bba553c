package import Contracts
import Encodings
package import Learning
import Trainers

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
