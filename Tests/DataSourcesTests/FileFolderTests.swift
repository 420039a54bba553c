import DataSources
import Encodings
import Foundation
import Learning
import Randomness
import SampleLab
import Testing

@Suite struct FileFolderTests {
    private let scratch: TemporaryFolder
    private let folder: URL

    init() throws {
        scratch = try TemporaryFolder()
        folder = scratch.file("images")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "a"), withIntermediateDirectories: true)
        for number in 0..<20 { try write("a/\(number).PNG", "image \(number)") }
        try table((0..<20).map { "a/\($0).PNG,\($0 % 2 == 0 ? "cat" : "dog")" })
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }

    private func table(_ rows: [String], header: String = "file,kind") throws {
        try write("labels.csv", ([header] + rows).joined(separator: "\n") + "\n")
    }

    private var source: DataSource { .folder(FileFolder(path: folder.path)) }

    private func inspection() throws -> DatasetInspection {
        var random = SeededRandom(seed: 1)
        return try DatasetInspection.inspect(
            source.rows(),
            options: InspectionOptions(label: ColumnReference("kind"), answer: .classes),
            salt: CommitmentSalt(from: &random), namesFiles: true)
    }

    @Test("The schema says which files there are and their classes, and no name and no digest")
    func schema() throws {
        let inspection = try inspection()
        #expect(
            inspection.schema.json.canonicalText == """
                {"columns":[{"kind":"identifier","name":"file"},{"kind":"label","name":"kind"},\
                {"kind":"identifier","name":"sha256"}],"files":{"extensions":["png"]},\
                "format":"jointlab.dataset-schema/1","target":{"classes":["cat","dog"],\
                "column":"kind","kind":"classes"}}
                """)
        #expect(try DatasetSchema(json: inspection.schema.json) == inspection.schema)
        #expect(inspection.rowCount == 20)
        try write("a/1.PNG", "image 0")
        #expect(try self.inspection().schema == inspection.schema, "also where two are the same")
    }

    @Test("What follows the last dot of a few names may be a part of the names, and is not told")
    func endings() {
        let scans =
            (0..<30).map { "scans/1.2.840.113619.2.55.\($0)" }
            + (0..<30).map { "scan.patient\($0)" }
        #expect(FileKinds(paths: scans).extensions == ["other"])
        #expect(
            FileKinds(paths: scans + (0..<10).map { "\($0).dcm" }).extensions == ["dcm", "other"])
        #expect(FileKinds(paths: ["a.png", "b.PNG", "c.jpg"]).extensions == ["jpg", "png"])
    }

    @Test("A trainer gets no column that the owner has kept out of learning")
    func keptOut() throws {
        try table(
            (0..<20).map { "a/\($0).PNG,\($0 % 2 == 0 ? "cat" : "dog"),P\($0 % 4)" },
            header: "file,kind,patient")
        let schema = try DatasetInspection.inspect(
            source.rows(),
            options: InspectionOptions(
                label: ColumnReference("kind"), answer: .classes,
                kinds: [.init(column: ColumnReference("patient"), kind: .identifier)]),
            namesFiles: true
        ).schema
        let split = try #require(HoldoutSplit(perMille: 300, salt: "images"))
        let error = #expect(throws: DatasetError.self) {
            try LocalFiles.load(source.rows(), schema: schema, others: ["patient"], split: split)
        }
        #expect(error?.code == .layoutDiffers)
    }

    @Test("The commitment is one to the table and to each file")
    func commitment() throws {
        let commitment = try inspection().commitment
        #expect(try inspection().commitment == commitment)
        try write("a/7.PNG", "image 7!")
        #expect(try inspection().commitment != commitment)
        try write("a/7.PNG", "image 7")
        #expect(try inspection().commitment == commitment)
        try write("unlisted.png", "is not part of it")
        #expect(try inspection().commitment == commitment)
    }

    @Test("Files are split as rows are, and a file that has changed is not copied")
    func parts() throws {
        let inspection = try inspection()
        let split = try #require(HoldoutSplit(perMille: 300, salt: "images"))
        let files = try LocalFiles.load(
            source.rows(), schema: inspection.schema, others: ["kind"], split: split)
        #expect(files.training.count == 14 && files.holdout.count == 6)
        #expect(Set((files.training + files.holdout).map(\.path)).count == 20)
        for file in files.training {
            #expect(file.others == [file.label == 0 ? "cat" : "dog"])
        }
        let file = try #require(files.training.first)
        let target = scratch.file("copy")
        let folder = FileFolder(path: folder.path)
        try folder.copy(file.path, digest: file.digest, to: target)
        #expect(try String(contentsOf: target, encoding: .utf8).hasPrefix("image "))
        try write(file.path, "other")
        let error = #expect(throws: DatasetError.self) {
            try folder.copy(file.path, digest: file.digest, to: target)
        }
        #expect(error?.code == .commitmentDiffers)
    }

    @Test(
        "A path that leads elsewhere, or to nothing, is refused with its row",
        arguments: [
            "../secret.txt", "a/../../secret.txt", "/etc/passwd", "a//0.PNG", "./a/0.PNG", "",
            "absent.png", "link.png", "linked/0.PNG", "a", "pipe", "a/1.PNG", "labels.csv",
            "a/2.PNG/x",
        ])
    func refused(path: String) throws {
        try "secret".write(to: scratch.file("secret.txt"), atomically: true, encoding: .utf8)
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: folder.appending(path: "link.png").path, withDestinationPath: "a/0.PNG")
        try manager.createSymbolicLink(
            atPath: folder.appending(path: "linked").path, withDestinationPath: "a")
        #expect(mkfifo(folder.appending(path: "pipe").path, 0o600) == 0)
        try table(["a/1.PNG,cat", "\(path),dog"])
        let error = #expect(throws: DatasetError.self) { try inspection() }
        #expect(error?.place?.line == 3, "\(String(describing: error))")
    }

    @Test("A folder without a table, or a table without files, says what is missing")
    func noTable() throws {
        try table(["1,2"], header: "name,kind")
        #expect(throws: DatasetError.self) { try inspection() }
        try table([])
        #expect(#expect(throws: DatasetError.self) { try inspection() }?.code == .rowsMissing)
        try FileManager.default.removeItem(at: folder.appending(path: "labels.csv"))
        #expect(#expect(throws: DatasetError.self) { try inspection() }?.code == .fileUnreadable)
    }
}
