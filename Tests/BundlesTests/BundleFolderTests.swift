import Bundles
import Foundation
import Testing

@Suite struct BundleFolderTests {
    @Test(
        "A folder that is unpacked from an archive has its digest; caches and hidden files do not count"
    )
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let archive = try SampleBundle.archive()
        let bundle = folder.url.appending(path: "bundle")
        try BundleFolder.unpack(archive, to: bundle)
        try FileManager.default.createDirectory(
            at: bundle.appending(path: "models/__pycache__"), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: bundle.appending(path: "models/__pycache__/linear.pyc"))
        try Data("x".utf8).write(to: bundle.appending(path: ".DS_Store"))
        #expect(try BundleFolder.archive(of: bundle, digest: archive.digest) == archive)
    }

    @Test("A folder in which one byte differs is refused by its digest")
    func changed() throws {
        let folder = try TemporaryFolder()
        let archive = try SampleBundle.archive()
        let bundle = folder.url.appending(path: "bundle")
        try BundleFolder.unpack(archive, to: bundle)
        try Data("weights = 4\n".utf8).write(to: bundle.appending(path: "models/linear.py"))
        let error = try #require(throws: BundleError.self) {
            try BundleFolder.archive(of: bundle, digest: archive.digest)
        }
        guard case .wrongDigest(archive.digest, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test("A symbolic link is refused, wherever it leads")
    func link() throws {
        let folder = try TemporaryFolder()
        let bundle = folder.url.appending(path: "bundle")
        try BundleFolder.unpack(try SampleBundle.archive(), to: bundle)
        try FileManager.default.createSymbolicLink(
            atPath: bundle.appending(path: "data.py").path, withDestinationPath: "trainer.py")
        #expect(throws: BundleError.notRegularFile("data.py")) {
            try BundleFolder.archive(of: bundle)
        }
    }

    @Test("A folder without a manifest, and one that is not there, are refused")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(throws: BundleError.noManifest) { try BundleFolder.archive(of: folder.url) }
        #expect(throws: BundleError.self) {
            try BundleFolder.archive(of: folder.url.appending(path: "none"))
        }
    }

    @Test("Nothing is unpacked over what is there")
    func exists() throws {
        let folder = try TemporaryFolder()
        #expect(throws: BundleError.self) {
            try BundleFolder.unpack(try SampleBundle.archive(), to: folder.url)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }
}

/// A folder that goes when the test ends.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(
            path: "jointlab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
