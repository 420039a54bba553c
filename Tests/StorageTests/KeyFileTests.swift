import Foundation
import Identity
import SampleLab
import Storage
import Testing

@Suite struct KeyFileTests {
    private let folder: TemporaryFolder
    private let url: URL

    init() throws {
        folder = try TemporaryFolder()
        url = folder.file("member.key")
    }

    /// Made by `openssl genpkey -algorithm ed25519`; the public key is what `openssl pkey` gives.
    private static let openSSL = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIHInqou+Hygie+/Qhe1PI1vtD2DFAWsbv7BKr/68BZJY
        -----END PRIVATE KEY-----

        """
    private static let openSSLPublicKey = "wdLGI+Dt5NOpr3w5Q4fYxdy7KA7bjd0nNPEoJc8cD3k="

    @Test("A new key is for its owner alone from the first moment, and is read back")
    func created() throws {
        let key = try KeyFile.create(at: url)
        #expect(try mode(of: url.path) == 0o600)
        #expect(try KeyFile.read(url).publicKey == key.publicKey)
        #expect(try KeyFile.create(at: folder.file("other.key")).publicKey != key.publicKey)
    }

    @Test("A key that is there is never overwritten")
    func neverOverwritten() throws {
        let key = try KeyFile.create(at: url)
        #expect(throws: StorageError.unusable(path: url.path, problem: "File exists")) {
            try KeyFile.create(at: url)
        }
        #expect(throws: StorageError.self) { try KeyFile.write(key, to: url) }
        #expect(try KeyFile.read(url).publicKey == key.publicKey)
    }

    @Test(
        "A key that anybody else may read, write or run is refused, and the error says what to do",
        arguments: [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
    func readableByOthers(bit: Int) throws {
        _ = try KeyFile.create(at: url)
        chmod(url.path, mode_t(0o600 | bit))
        let error = StorageError.readableByOthers(
            path: url.path, mode: String(0o600 | bit, radix: 8))
        #expect(throws: error) { try KeyFile.read(url) }
        #expect(error.description.hasSuffix("chmod 600 it"))
        chmod(url.path, 0o400)
        #expect(throws: Never.self) { try KeyFile.read(url) }
    }

    @Test("A key that OpenSSL has made is read")
    func ofOpenSSL() throws {
        try SyncedFile.replace(url.path, with: Array(Self.openSSL.utf8), mode: 0o600)
        #expect(try KeyFile.read(url).publicKey.base64 == Self.openSSLPublicKey)
        let copy = folder.file("copy.key")
        try KeyFile.write(try KeyFile.read(url), to: copy)
        #expect(try contents(of: copy.path) == Data(Self.openSSL.utf8))
    }

    @Test("A file that is missing or holds no key is refused by name")
    func noKey() throws {
        #expect(
            throws: StorageError.unusable(path: url.path, problem: "No such file or directory")
        ) { try KeyFile.read(url) }
        try SyncedFile.replace(url.path, with: Array("hunter2".utf8), mode: 0o600)
        #expect(
            throws: StorageError.unusable(
                path: url.path,
                problem: "this is not a private key in PEM (BEGIN PRIVATE KEY)")
        ) { try KeyFile.read(url) }
    }
}

@Suite struct FolderLockTests {
    @Test("A folder has one user at a time")
    func oneUser() throws {
        let folder = try TemporaryFolder()
        var lock: FolderLock? = try FolderLock(folder.url)
        #expect(throws: StorageError.inUse(path: folder.url.path)) { try FolderLock(folder.url) }
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try FolderLock(folder.url)
    }

    @Test("A folder that is not there cannot be locked")
    func noFolder() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StorageError.self) { try FolderLock(folder.file("absent")) }
    }
}

@Suite struct SyncedFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("profile.json").path
    }

    @Test("A file is replaced as a whole, with the mode that was asked for")
    func replaced() throws {
        try SyncedFile.replace(path, with: Array("a longer first content".utf8), mode: 0o600)
        #expect(try mode(of: path) == 0o600)
        try SyncedFile.replace(path, with: Array("short".utf8))
        #expect(try contents(of: path) == Data("short".utf8))
        #expect(try names(in: folder.url) == ["profile.json"])
    }

    @Test("Readers see one whole content or another, whoever writes")
    func readersSeeWholeContents() async throws {
        try SyncedFile.replace(path, with: [UInt8](repeating: 0, count: 30_000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...4 as ClosedRange<UInt8> {
                group.addTask { [path] in
                    for _ in 0..<25 {
                        try SyncedFile.replace(
                            path, with: [UInt8](repeating: writer, count: 30_000 + Int(writer)))
                    }
                }
            }
            group.addTask { [path] in
                for _ in 0..<200 {
                    let read = try contents(of: path)
                    let first = try #require(read.first)
                    #expect(read.count == 30_000 + Int(first))
                    #expect(read.allSatisfy { $0 == first })
                }
            }
            try await group.waitForAll()
        }
        #expect(try names(in: folder.url) == ["profile.json"])
    }

    @Test("A replacement that fails leaves the old content and nothing else")
    func failedReplacement() throws {
        let target = folder.file("folder")
        try FileManager.default.createDirectory(
            at: target.appending(path: "inside"), withIntermediateDirectories: true)
        #expect(throws: StorageError.self) { try SyncedFile.replace(target.path, with: [1]) }
        #expect(try names(in: folder.url) == ["folder/", "folder/inside/"])
    }

    @Test("A file that must be new is refused where there is one")
    func mustBeNew() throws {
        try SyncedFile.replace(path, with: [1])
        #expect(throws: StorageError.unusable(path: path, problem: "File exists")) {
            _ = try SyncedFile(creating: path, mode: 0o600)
        }
        #expect(try contents(of: path) == Data([1]))
    }
}
