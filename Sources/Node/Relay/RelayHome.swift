package import Contracts
package import Encodings
package import Foundation
package import Learning
package import Relay
import Storage

/// What a member's folder holds of its relay: the dataset that lies on devices, the devices' cards, and
/// what the lab was told.
package struct RelayHome: Sendable {
    package let folder: URL

    package init(_ folder: URL) {
        self.folder = folder
    }

    package var dataset: URL { folder.appending(path: "dataset.json") }
    package var devices: URL { folder.appending(path: "devices.json") }
    package var registration: URL { folder.appending(path: "registration.json") }
    /// Says where a running relay answers devices.
    package var address: URL { folder.appending(path: "address") }

    package var isPrepared: Bool { FileManager.default.fileExists(atPath: dataset.path) }

    /// - Throws: `StorageError` where there is one already.
    package func prepare(_ dataset: RelayedDataset) throws {
        guard !isPrepared else {
            throw StorageError.unusable(
                path: folder.path, problem: "this node is a relay already; it has one dataset")
        }
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try write(dataset.json, to: self.dataset)
    }

    /// - Throws: `StorageError` where the node is no relay.
    package func relayedDataset() throws -> RelayedDataset {
        guard isPrepared else {
            throw StorageError.unusable(
                path: folder.path,
                problem: "this node is no relay; `jointlab relay init` makes it one")
        }
        return try read(dataset, RelayedDataset.init)
    }

    /// The enrolled devices, in the order of their names.
    ///
    /// - Throws: `StorageError`.
    package func cards() throws -> [DeviceCard] {
        guard FileManager.default.fileExists(atPath: devices.path) else { return [] }
        return try read(devices) { json in
            var fields = try JSONFields(json)
            var cards: [DeviceCard] = []
            for (position, value) in try fields.array("devices").enumerated() {
                cards.append(try DeviceCard(value, at: "devices[\(position)]"))
            }
            try fields.finish()
            return cards
        }
    }

    /// Replaces the enrolled devices. A running relay takes note at the next request.
    package func write(_ cards: [DeviceCard]) throws {
        try write(
            ["devices": .array(cards.sorted { $0.device < $1.device }.map(\.json))], to: devices)
    }

    /// - Returns: `nil` where the lab has not been told.
    package func registered() throws -> DeviceRegistration? {
        guard FileManager.default.fileExists(atPath: registration.path) else { return nil }
        return try read(registration, DeviceRegistration.init)
    }

    package func write(_ registered: DeviceRegistration) throws {
        try write(registered.json, to: registration)
    }

    private func write(_ json: JSONValue, to file: URL) throws {
        try SyncedFile.replace(
            file.path, with: Array((json.indentedText + "\n").utf8), mode: 0o600)
    }

    private func read<Value>(_ file: URL, _ parse: (JSONValue) throws -> Value) throws -> Value {
        do {
            return try parse(JSONValue(parsing: Array(try Data(contentsOf: file))))
        } catch {
            throw StorageError.unusable(path: file.path, problem: "\(error)")
        }
    }
}

extension NodeHome {
    package var relay: RelayHome {
        RelayHome(folder.appending(path: "relay", directoryHint: .isDirectory))
    }
}

/// The dataset whose rows lie on devices.
package struct RelayedDataset: Hashable, Sendable {
    package let id: DatasetID
    /// Of each device's file.
    package let schema: DatasetSchema

    package init(id: DatasetID, schema: DatasetSchema) {
        self.id = id
        self.schema = schema
    }

    package var json: JSONValue { ["dataset": id.json, "schema": schema.json] }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        id = try fields.identifier("dataset")
        schema = try DatasetSchema(json: try fields.required("schema"), at: "schema")
        try fields.finish()
    }
}
