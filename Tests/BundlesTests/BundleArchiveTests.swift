import Bundles
import Foundation
import Randomness
import Testing

@Suite struct BundleArchiveTests {
    @Test("The same files give the same archive, whatever their order; it is pinned")
    func canonical() throws {
        let archive = try SampleBundle.archive()
        let reversed = try BundleArchive(archive.files.reversed())
        #expect(archive.bytes == reversed.bytes)
        #expect(
            archive.files.map(\.path.text) == ["jointlab.toml", "models/linear.py", "trainer.py"])
        #expect(
            archive.digest == "4bc401e35a07a0ddd330a6c996757b290214d596419d2995d8c8c56d1bb1b87c")
    }

    @Test("Each byte of a file, and each letter of a name, is in the digest")
    func digest() throws {
        let digest = try SampleBundle.archive().digest
        var files = SampleBundle.files
        files["models/linear.py"] = "weights = 4\n"
        #expect(try SampleBundle.archive(files).digest != digest)
        files = SampleBundle.files
        files["models/linearS.py"] = files.removeValue(forKey: "models/linear.py")
        #expect(try SampleBundle.archive(files).digest != digest)
    }

    @Test("An archive that is read gives the same files, and is written as the same bytes")
    func roundTrip() throws {
        let archive = try SampleBundle.archive()
        #expect(try BundleArchive(parsing: archive.bytes) == archive)
    }

    @Test("What is accepted of a thousand damaged archives is written as the same bytes")
    func damaged() throws {
        let bytes = try SampleBundle.archive().bytes
        var random = SeededRandom(seed: 5)
        for round in 0..<1_000 {
            var damaged = bytes
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                damaged.removeLast(Int.random(in: 0..<1_024, using: &random))
            }
            guard let archive = try? BundleArchive(parsing: damaged) else { continue }
            #expect(archive.bytes == damaged, "seed 5, round \(round)")
        }
    }

    @Test("tar lists it")
    func tar() throws {
        let tar = Process()
        tar.executableURL = URL(filePath: "/usr/bin/env")
        tar.arguments = ["tar", "tf", "-"]
        let (input, output) = (Pipe(), Pipe())
        tar.standardInput = input
        tar.standardOutput = output
        try tar.run()
        try input.fileHandleForWriting.write(contentsOf: Data(SampleBundle.archive().bytes))
        try input.fileHandleForWriting.close()
        let names = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        tar.waitUntilExit()
        #expect(tar.terminationStatus == 0)
        #expect(names == "jointlab.toml\nmodels/linear.py\ntrainer.py\n")
    }

    @Test(
        "Names that leave the folder, or differ between systems, are refused",
        arguments: [
            "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", "", ".hidden", "a/.git", "-rf",
            "a\u{0}b", "a\nb", "a\u{1B}[2J", "naïve.py", "a b", "a\\b", "C:x",
            String(repeating: "a", count: 101), String(repeating: "a/", count: 16) + "a",
        ])
    func names(name: String) {
        #expect(throws: BundleError.self) { try BundlePath(name) }
    }

    @Test("Names that some systems take for one are refused together")
    func collisions() {
        for other in ["Trainer.py", "trainer.py/x", "MODELS/other.py", "models"] {
            var files = SampleBundle.files
            files[other] = ""
            #expect(throws: BundleError.self, "\(other)") { try SampleBundle.archive(files) }
        }
    }

    @Test("An archive with a link, another order, or something behind its end is refused")
    func hostile() throws {
        let bytes = try SampleBundle.archive().bytes
        var link = bytes
        link[156] = UInt8(ascii: "2")
        var executable = bytes
        executable[102] = UInt8(ascii: "4")
        var hidden = bytes
        hidden[512 + SampleBundle.manifest.utf8.count] = 1
        let blocks = stride(from: 0, to: bytes.count, by: 512).map { Array(bytes[$0..<$0 + 512]) }
        let unsorted = (blocks[4...5] + blocks[0...3] + blocks[6...]).flatMap(\.self)
        let archives: [[UInt8]] = [
            link, executable, hidden, unsorted, bytes + [0], bytes.dropLast(512),
            bytes.dropLast(), [], Array(repeating: 0, count: 1_024),
        ]
        for archive in archives {
            #expect(throws: BundleError.self) { try BundleArchive(parsing: archive) }
        }
    }

    @Test("A size in a header that no file has is refused before it is reserved")
    func size() throws {
        var bytes = try SampleBundle.archive().bytes
        bytes.replaceSubrange(124..<135, with: "77777777777".utf8)
        #expect(throws: BundleError.self) { try BundleArchive(parsing: bytes) }
    }
}
