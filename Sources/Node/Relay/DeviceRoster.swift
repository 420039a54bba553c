import Foundation
package import Identity
package import Relay
import Synchronization

/// The enrolled devices by their keys. Reads the file again when it has changed, so that a device
/// that was removed is out at its next request.
package final class DeviceRoster: Sendable {
    private struct Known {
        var modified: Date?
        var size: Int?
        var cards: [PublicKey: DeviceCard] = [:]
    }

    private let home: RelayHome
    private let known = Mutex(Known())

    package init(_ home: RelayHome) {
        self.home = home
    }

    /// - Throws: `StorageError` where the file cannot be read.
    package subscript(key: PublicKey) -> DeviceCard? {
        get throws { try current { $0[key] } }
    }

    package var all: [DeviceCard] {
        get throws { try current { $0.values.sorted { $0.device < $1.device } } }
    }

    package var count: Int {
        get throws { try current { $0.count } }
    }

    private func current<Result>(_ body: ([PublicKey: DeviceCard]) -> Result) throws -> Result {
        try known.withLock { known in
            let attributes = try? FileManager.default.attributesOfItem(atPath: home.devices.path)
            let modified = attributes?[.modificationDate] as? Date
            let size = attributes?[.size] as? Int
            if modified != known.modified || size != known.size || modified == nil {
                let cards = try home.cards()
                known = Known(
                    modified: modified, size: size,
                    cards: Dictionary(cards.map { ($0.key, $0) }) { first, _ in first })
            }
            return body(known.cards)
        }
    }
}
