import Contracts
import Encodings
package import Foundation
package import Identity
package import Learning
package import Relay
import Storage

/// A device's folder: its key, where its data lies, and whom it works for. There is no ledger in it.
package struct DeviceHome: Sendable {
    package let folder: URL

    package init(_ folder: URL) {
        self.folder = folder
    }

    package var key: URL { folder.appending(path: "device.key") }
    package var profile: URL { folder.appending(path: "device.json") }
    package var relayCard: URL { folder.appending(path: "relay.json") }
    /// What the last rounds came to, and how long the ledger was.
    package var progress: URL { folder.appending(path: "progress.json") }
    package var blobs: URL { folder.appending(path: "blobs", directoryHint: .isDirectory) }
    /// What the device keeps between the rounds of jobs; none of it leaves it.
    package var jobs: URL { folder.appending(path: "jobs", directoryHint: .isDirectory) }

    package var isPrepared: Bool { FileManager.default.fileExists(atPath: profile.path) }

    /// Reads the data once, makes the folder and the key, and says what the owner is told.
    ///
    /// - Throws: `DatasetError`, or `StorageError` where a device lives here already.
    package func prepare(
        _ device: DeviceID, file: String, csv: CSVOptions, holdoutPerMille: Int
    ) throws -> DeviceCard {
        guard !isPrepared else {
            throw StorageError.unusable(
                path: folder.path, problem: "a device lives here already; choose another --home")
        }
        var random = SystemRandomNumberGenerator()
        let salt = CommitmentSalt(from: &random)
        let inspection = try DatasetInspection.inspect(
            path: file, options: InspectionOptions(csv: csv), salt: salt)
        guard let commitment = inspection.commitment else {
            preconditionFailure("an inspection with a salt makes a commitment")
        }
        let data = DeviceData(
            device: device, file: URL(fileURLWithPath: file).absoluteURL.path,
            rows: inspection.rowCount, commitment: commitment, salt: salt,
            delimiter: csv.delimiter, header: csv.header, holdoutPerMille: holdoutPerMille)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        _ = try KeyFile.create(at: key)
        try write(data.json, to: profile)
        return try card()
    }

    /// What the owner enrols the device by.
    package func card() throws -> DeviceCard {
        let data = try data()
        guard let commitment = BlobDigest(data.commitment.hex) else {
            preconditionFailure("both are SHA-256 in hexadecimal digits")
        }
        return DeviceCard(
            device: data.device, key: try KeyFile.read(key).publicKey, rows: Int64(data.rows),
            commitment: commitment)
    }

    /// - Throws: `StorageError` where no device lives here.
    package func data() throws -> DeviceData {
        guard isPrepared else {
            throw StorageError.unusable(
                path: folder.path,
                problem:
                    "no device lives here; `jointlab device init --home \(folder.path)` makes one")
        }
        return try read(profile, DeviceData.init)
    }

    package func signingKey() throws -> SigningKey { try KeyFile.read(key) }

    /// - Throws: `StorageError` where the device belongs to no relay.
    package func relay() throws -> RelayCard {
        guard FileManager.default.fileExists(atPath: relayCard.path) else {
            throw StorageError.unusable(
                path: folder.path,
                problem: "this device knows no relay yet; `jointlab device join CARD` tells it")
        }
        return try read(relayCard, RelayCard.init)
    }

    package func write(_ card: RelayCard) throws { try write(card.json, to: relayCard) }

    /// What is remembered, or nothing on a device that is new.
    package func remembered() throws -> DeviceProgress {
        guard FileManager.default.fileExists(atPath: progress.path) else { return DeviceProgress() }
        return try read(progress, DeviceProgress.init)
    }

    package func write(_ remembered: DeviceProgress) throws {
        try write(remembered.json, to: progress)
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
