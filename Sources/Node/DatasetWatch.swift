package import Contracts
import DataSources
package import Encodings
import Foundation
import Learning
import Logging

/// What an owner should know of datasets that could not be used: what differs from their
/// registration, and how far the values have moved.
package struct DatasetProblem: Sendable {
    package let dataset: DatasetID
    package let time: Timestamp
    package let code: String
    package let problem: String
    /// The columns that have moved; `nil` where that could not be found out.
    package let drifted: [String]?

    package var json: JSONValue {
        [
            "dataset": dataset.json, "time": time.json, "code": .string(code),
            "problem": .string(problem),
            "drifted": drifted.map { .array($0.map { .string($0) }) },
        ]
    }
}

/// Keeps the last problem with each dataset until it is used again. Nobody but the owner is told.
actor DatasetWatch {
    private let home: NodeHome
    private let parquet: ParquetReader
    private let logger: Logger
    private var byDataset: [DatasetID: DatasetProblem] = [:]

    init(home: NodeHome, parquet: ParquetReader, logger: Logger) {
        self.home = home
        self.parquet = parquet
        self.logger = logger
    }

    var problems: [DatasetProblem] { byDataset.values.sorted { $0.dataset < $1.dataset } }

    func note(_ error: DatasetError, of id: DatasetID, at time: Timestamp) async {
        // A round that is tried again must not read everything once more.
        guard byDataset[id]?.problem != "\(error)" else { return }
        byDataset[id] = DatasetProblem(
            dataset: id, time: time, code: error.code.rawValue, problem: "\(error)", drifted: nil)
        switch error.code {
        case .commitmentDiffers, .schemaDiffers, .notANumber, .labelUnknown:
            let (home, parquet) = (home, parquet)
            let report = try? await onOwnThread {
                try home.ownedDataset(id).flatMap { try home.drift(of: $0, parquet: parquet) }
            }
            if let report {
                logger.warning(
                    "dataset.drifted",
                    metadata: [
                        "dataset.id": "\(id)", "rows.registered": "\(report.rowsRegistered)",
                        "rows.found": "\(report.rowsFound)",
                        "columns": "\(report.drifted.joined(separator: ", "))",
                    ])
                // Unless it has been used again meanwhile.
                if byDataset[id]?.time == time {
                    byDataset[id] = DatasetProblem(
                        dataset: id, time: time, code: error.code.rawValue, problem: "\(error)",
                        drifted: report.drifted)
                }
            }
        default: break
        }
    }

    func wasUsed(_ id: DatasetID) {
        byDataset[id] = nil
    }
}
