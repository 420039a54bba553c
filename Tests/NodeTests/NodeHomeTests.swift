import Contracts
import DataSources
import Encodings
import Foundation
import Identity
import LabAPI
import Learning
import Node
import Randomness
import SampleLab
import ServedLab
import Storage
import Testing

@Suite struct NodeHomeTests {
    private let folder: TemporaryFolder
    private let home: NodeHome

    init() throws {
        folder = try TemporaryFolder()
        home = NodeHome(folder.file("north"))
    }

    private func prepare() throws -> MemberCard {
        try home.prepare(
            member: MemberID("north"), title: "North", category: .data, roles: [.dataOwner])
    }

    private func mode(of url: URL) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test("A member's folder is made once, for its owner alone, and read back")
    func prepared() throws {
        let card = try prepare()
        #expect(try home.card() == card)
        #expect(try mode(of: home.folder) == 0o700)
        #expect(try mode(of: home.signingKey) == 0o600)
        #expect(try mode(of: home.cosignerKey) == 0o600)
        #expect(try KeyFile.read(home.signingKey).publicKey == card.keys.signing)
        #expect(try home.cosignerKeys().map(\.publicKey) == [card.keys.cosigner])
        #expect(card.keys.signing != card.keys.cosigner)
        let error = #expect(throws: StorageError.self) { try prepare() }
        #expect(error?.description.contains("choose another --home") == true)
        #expect(try home.card() == card)
    }

    @Test("A title that no lab would take is refused before there is anything in the folder")
    func unreadableTitle() throws {
        for title in ["", String(repeating: "x", count: 5_000), "North\u{1B}[2J"] {
            #expect(throws: JSONShapeError.self) {
                try home.prepare(
                    member: MemberID("north"), title: title, category: .data, roles: [.dataOwner])
            }
            #expect(!FileManager.default.fileExists(atPath: home.folder.path))
        }
        _ = try prepare()
    }

    @Test("A folder where nobody lives says how to change that, and so does one without a lab")
    func nobody() throws {
        #expect(
            #expect(throws: StorageError.self) { try home.card() }?.description
                .contains("jointlab node init") == true)
        _ = try prepare()
        #expect(
            #expect(throws: StorageError.self) { try home.lab() }?.description
                .contains("jointlab node join") == true)
    }

    @Test("A profile or a lab's card that was damaged is refused by its path")
    func damaged() throws {
        _ = try prepare()
        let lab = try SampleLab()
        let card = try LabCard(genesis: lab.genesis, coordinator: "http://127.0.0.1:9")
        try home.write(card)
        #expect(try home.lab() == card)
        for (url, read) in [
            (home.profile, { _ = try home.card() }), (home.labCard, { _ = try home.lab() }),
        ] as [(URL, () throws -> Void)] {
            for content in ["", "{", "{}", "[]"] {
                try SyncedFile.replace(url.path, with: Array(content.utf8))
                let error = #expect(throws: StorageError.self) { try read() }
                #expect(error?.description.hasPrefix("\(url.path): ") == true)
            }
        }
    }

    @Test("A lab's card that names another lab than its first entry makes is refused")
    func forgedCard() throws {
        _ = try prepare()
        let card = try LabCard(genesis: SampleLab().genesis, coordinator: "http://127.0.0.1:9")
        let other = try SampleLab(seed: 2)
        let forged = card.json.adding("lab", other.id.json)
        try SyncedFile.replace(home.labCard.path, with: forged.canonicalBytes)
        let error = #expect(throws: StorageError.self) { try home.lab() }
        #expect(error?.description.contains(card.lab.text) == true)
    }

    // MARK: - Datasets

    private func dataset(_ name: String = "north-data") throws -> OwnedDataset {
        var random = SeededRandom(seed: 1)
        let salt = CommitmentSalt(from: &random)
        let file = folder.file("north.csv").path
        let csv =
            "age;outcome\n"
            + (0..<20).map { "\($0 % 7 + 20);\($0 % 3 == 0 ? "yes" : "no")\n" }.joined()
        try SyncedFile.replace(file, with: Array(csv.utf8))
        let inspection = try DatasetInspection.inspect(
            path: file, options: InspectionOptions(label: ColumnReference("outcome")), salt: salt)
        return OwnedDataset(
            id: try DatasetID(name),
            source: .csv(file: file, delimiter: .semicolon, header: .present),
            schema: inspection.schema, rows: inspection.rowCount,
            commitment: try #require(inspection.commitment), salt: salt, holdoutPerMille: 250)
    }

    @Test("What a node knows of its datasets is kept for its owner alone, and read back in order")
    func datasets() throws {
        #expect(try home.datasetRecords().owned == [])
        let datasets = try ["b-data", "a-data"].map { try dataset($0) }
        for dataset in datasets { try home.keep(dataset) }
        #expect(try home.datasetRecords().owned == datasets.reversed())
        #expect(try home.datasetRecords().unreadable == [])
        #expect(try home.ownedDataset(try DatasetID("a-data")) == datasets.last)
        #expect(try home.ownedDataset(try DatasetID("c-data")) == nil)
        #expect(try mode(of: home.datasets) == 0o700)
        #expect(try mode(of: home.datasets.appending(path: "a-data.json")) == 0o600)
    }

    @Test(
        "A dataset's record with a bad field is refused by file and field",
        arguments: [
            ("dataset", "../../etc"), ("source", 7), ("source", ["kind": "carrier-pigeon"]),
            ("source", ["kind": "postgresql", "query": "SELECT 1"]), ("schema", []), ("rows", -1),
            ("commitment", "ab"), ("salt", "****"),
            ("salt", "AAAA"),
            ("holdoutPerMille", 1_001), ("owner", "south"),
        ] as [(String, JSONValue)])
    func badRecord(field: String, value: JSONValue) throws {
        let dataset = try dataset()
        try home.keep(dataset)
        let file = home.datasets.appending(path: "north-data.json")
        try SyncedFile.replace(file.path, with: dataset.json.adding(field, value).canonicalBytes)
        let error = #expect(throws: StorageError.self) { try home.ownedDataset(dataset.id) }
        #expect(
            error?.description.hasPrefix("\(file.path): \(field)") == true,
            "\(String(describing: error))")
        #expect(error?.description.contains("restore the file from a copy") == true)
    }

    @Test("A record that cannot be read leaves the others as they are, and says what to do")
    func oneBadRecord() throws {
        let datasets = try ["a-data", "c-data"].map { try dataset($0) }
        for dataset in datasets { try home.keep(dataset) }
        for name in ["b-data", "No Name"] {
            try SyncedFile.replace(
                home.datasets.appending(path: "\(name).json").path, with: Array("{".utf8))
        }
        let records = try home.datasetRecords()
        #expect(records.owned == datasets)
        #expect(records.unreadable.map(\.name) == ["No Name", "b-data"])
        #expect(records.unreadable.map(\.id) == [nil, try DatasetID("b-data")])
        let problem = try #require(records.unreadable.last?.problem)
        #expect(problem.contains("b-data.json: ") && problem.contains("jointlab dataset add"))
        #expect(try home.ownedDataset(try DatasetID("a-data")) == datasets.first)
        #expect(throws: StorageError.self) { try home.ownedDataset(try DatasetID("b-data")) }
    }

    @Test("A record from before there were other sources than CSV files is read as one")
    func earlierRecord() throws {
        let dataset = try dataset()
        var earlier = try #require(dataset.json.object)
        earlier["source"] = nil
        #expect(throws: JSONShapeError.self) { try OwnedDataset(.object(earlier)) }
        earlier["file"] = .string(dataset.source.name)
        earlier["delimiter"] = "semicolon"
        earlier["header"] = "present"
        #expect(try OwnedDataset(.object(earlier)) == dataset)
        earlier["delimiter"] = "pipe"
        #expect(throws: JSONShapeError.self) { try OwnedDataset(.object(earlier)) }
    }

    @Test("Rows that are not those that were committed to are not loaded")
    func changedRows() throws {
        let dataset = try dataset()
        let layout = try FeatureLayout(commonTo: [dataset.schema])
        let loaded = try dataset.load(layout: layout)
        #expect(loaded.training.count + loaded.holdout.count == 20)
        let csv = try String(contentsOfFile: dataset.source.name, encoding: .utf8)
        try SyncedFile.replace(
            dataset.source.name, with: Array(csv.replacing("25", with: "24").utf8))
        #expect(throws: DatasetError.self) { try dataset.load(layout: layout) }
    }
}
