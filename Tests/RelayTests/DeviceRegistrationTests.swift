import Contracts
import Encodings
import Identity
import Learning
import Node
import Relay
import SampleLab
import Storage
import Testing
import Transport

/// What an owner writes down of its devices, and tells the lab.
@Suite struct DeviceRegistrationTests {
    private let salt: CommitmentSalt
    private let cards: [DeviceCard]

    init() throws {
        salt = try #require(CommitmentSalt([UInt8](repeating: 7, count: 32)))
        cards = try (0..<3).map { place in
            DeviceCard(
                device: try DeviceID("device-\(place)"),
                key: try SigningKey(seed: [UInt8](repeating: UInt8(place), count: 32)).publicKey,
                rows: Int64(place + 1), commitment: BlobDigest(of: [UInt8(place)]))
        }
    }

    @Test("The lab is told the rows of all devices, and a commitment that fixes each of them")
    func commitment() throws {
        let registration = try DeviceRegistration(of: cards, salt: salt)
        #expect(registration.rows == 6)
        #expect(try DeviceRegistration(of: cards.reversed(), salt: salt) == registration)
        #expect(
            try DeviceRegistration(JSONValue(parsing: registration.json.canonicalBytes))
                == registration)
        let changed = DeviceCard(
            device: cards[0].device, key: cards[0].key, rows: 1, commitment: BlobDigest(of: [9]))
        let others = [
            try DeviceRegistration(of: [changed] + cards.dropFirst(), salt: salt),
            try DeviceRegistration(of: Array(cards.dropFirst()), salt: salt),
            try DeviceRegistration(
                of: cards, salt: try #require(CommitmentSalt([UInt8](repeating: 8, count: 32)))),
        ]
        for other in others { #expect(other.commitment != registration.commitment) }
    }

    @Test("More rows may be registered for devices to come, and never fewer than there are")
    func rows() throws {
        #expect(try DeviceRegistration(of: cards, rows: 100, salt: salt).rows == 100)
        #expect(throws: JSONShapeError.self) {
            try DeviceRegistration(of: cards, rows: 5, salt: salt)
        }
        #expect(throws: JSONShapeError.self) { try DeviceRegistration(of: [], salt: salt) }
    }

    @Test("Cards are read as they are written, and nothing else is")
    func cardJSON() throws {
        for card in cards { #expect(try DeviceCard(card.json) == card) }
        for (key, value) in [
            ("rows", 0), ("key", "AAAA"), ("device", "Not A Name"), ("commitment", "12"),
            ("extra", 1),
        ] as [(String, JSONValue)] {
            guard case .object(var fields) = cards[0].json else { return }
            fields[key] = value
            #expect(throws: JSONShapeError.self, "\(key)") { try DeviceCard(.object(fields)) }
        }
    }

    @Test("A folder becomes a relay's once, and who is taken out of its roster is out at once")
    func roster() throws {
        let folder = try TemporaryFolder()
        let home = RelayHome(folder.file("relay"))
        #expect(throws: StorageError.self) { try home.relayedDataset() }
        let dataset = RelayedDataset(
            id: try DatasetID("north-data"), schema: try DatasetSchema(json: SampleData.schema))
        try home.prepare(dataset)
        #expect(throws: StorageError.self) { try home.prepare(dataset) }
        #expect(try home.relayedDataset() == dataset)

        let roster = DeviceRoster(home)
        #expect(try roster.all.isEmpty)
        try home.write(cards)
        #expect(try roster.all == cards)
        #expect(try roster[cards[1].key] == cards[1])
        try home.write([cards[0], cards[2]])
        #expect(try roster[cards[1].key] == nil)
    }

    @Test(
        "A round's limits follow from the settings, the devices, the rows and the time that is left"
    )
    func limits() throws {
        var settings = RelaySettings(
            listen: ListenAddress(host: "127.0.0.1", port: 0), devicesMin: 3)
        let all = try settings.limits(enrolled: 8, rows: 500, leftMilliseconds: 1 << 40)
        #expect(all.devicesEnough == 8 && all.weightMax == 500)
        #expect(all.timeoutMilliseconds == 60_000)
        settings.devicesEnough = 5
        let some = try settings.limits(enrolled: 8, rows: 500, leftMilliseconds: 2_000)
        #expect(some.devicesEnough == 5 && some.devicesMax == 8)
        #expect(some.timeoutMilliseconds == 2_000)
        // So that its end says that too few came.
        let few = try settings.limits(enrolled: 1, rows: 500, leftMilliseconds: -5)
        #expect(few.devicesMin == 3 && few.devicesEnough == 3)
        #expect(few.timeoutMilliseconds == 1)
        #expect(throws: RelayMistake.self) {
            try settings.limits(enrolled: 8, rows: 0, leftMilliseconds: 1)
        }
    }
}
