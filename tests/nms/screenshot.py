# SPDX-License-Identifier: GPL-2.0-or-later
"""screenshot.py URL FILE: logs in to Zabbix, waits until the dashboard is drawn, keeps a picture of it. Prints how
many graphs there are, and how many of them are not pictures."""
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By


def main(url, path):
    with tempfile.TemporaryDirectory(prefix="nfct-chromium-", ignore_cleanup_errors=True) as profile:
        draw(url, path, profile)


def draw(url, path, profile):
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--window-size=1600,2000", f"--user-data-dir={profile}"):
        options.add_argument(argument)
    browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    try:
        browser.get(url.partition("zabbix.php")[0] + "index.php")
        browser.find_element(By.ID, "name").send_keys("Admin")
        browser.find_element(By.ID, "password").send_keys("zabbix")
        browser.find_element(By.ID, "enter").click()
        for _ in range(60):
            if "action=" in browser.current_url:
                break
            time.sleep(0.5)
        browser.get(url)
        graphs = []
        for _ in range(60):
            time.sleep(0.5)
            graphs = browser.execute_script(
                "return [...document.querySelectorAll('.dashboard-grid img, .dbrd-grid-container img')]"
                ".filter(i => i.src.includes('chart')).map(i => i.complete && i.naturalWidth > 100)")
            loading = browser.execute_script("return document.querySelectorAll('.is-loading').length")
            if graphs and all(graphs) and not loading:
                break
        browser.save_screenshot(path)
        print(len(graphs), sum(not drawn for drawn in graphs))
    finally:
        browser.quit()


main(*sys.argv[1:])
